"""WSGI entry for granian. Its worker processes end when granian's own process is killed, so no port stays taken."""

from __future__ import annotations

import multiprocessing
import os
import signal

from lianfang.config.processes import die_with_parent, keep_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.config.settings")
parent = multiprocessing.parent_process()
if parent is not None and parent.pid is not None:
    die_with_parent(signal.SIGKILL, parent.pid)

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import get_resolver  # noqa: E402

application = get_wsgi_application()
_ = get_resolver().url_patterns  # loaded now, not while the first visitor waits
keep_what_is_loaded()

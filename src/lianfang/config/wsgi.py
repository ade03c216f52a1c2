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

from lianfang.config.environment import choose, count_together  # noqa: E402

count_together(choose(None))

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import get_resolver  # noqa: E402
from granian.utils.proxies import wrap_wsgi_with_proxy_headers  # noqa: E402

inner = get_wsgi_application()

from lianfang.config.api import short_operations  # noqa: E402
from lianfang.config.logs import keep_values_out  # noqa: E402
from lianfang.config.overload import App, Overload  # noqa: E402
from lianfang.config.shortway import ShortWay  # noqa: E402

keep_values_out()
_ = get_resolver().url_patterns  # loaded now, not while the first visitor waits

application: App = Overload(inner, short=ShortWay(short_operations()))
if os.environ.get("LIANFANG_PROXIES"):
    # Client address and scheme as the operator's proxy says them; from anybody else these headers are not believed.
    application = wrap_wsgi_with_proxy_headers(application, os.environ["LIANFANG_PROXIES"].split(","))
keep_what_is_loaded()

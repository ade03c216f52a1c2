"""Everybody reads their own notices; nobody reads another's."""

from __future__ import annotations

from lianfang.foundation.permissions import declare

OWN_NOTICES = declare("comms.notice.own", {}, everyone=True, writes=True)

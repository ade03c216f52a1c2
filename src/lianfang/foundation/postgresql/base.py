"""PostgreSQL as Django speaks to it; a kept connection is asked for its health only when there is a reason.

Connections are kept between requests. Before each request Django asks the server `SELECT 1`, which was a tenth of the
processor time of a personal report. A server that stopped, or that ended the connection, has told us so already: its
end lies in the socket's buffer. So the socket is looked at, and the server is asked only when something lies there.
"""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import ConnStatus, TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection."""

    def is_usable(self) -> bool:
        """Whether the connection can be used. Between transactions nothing is on its way, so a silent socket is a good one."""
        link: Any = getattr(self.connection, "pgconn", None)
        if link is None or link.status != ConnStatus.OK or link.transaction_status != TransactionStatus.IDLE:
            return bool(super().is_usable())
        poll = select.poll()
        poll.register(link.socket, select.POLLIN)
        return not poll.poll(0) or bool(super().is_usable())

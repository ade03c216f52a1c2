"""What an authority reads about a class: that something came, not whether it was zero (see `disclosure`)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lianfang.ui import status

GROUP = "report_seen"


def register() -> None:
    """Add the group to the catalogue; once, when the room is loaded."""
    status.register(
        GROUP,
        status.Status(
            "reported", _("已报"), "ok", "circle-check", _("已收到。班级的小数目不向上级显示，以免指认到人。")
        ),
    )

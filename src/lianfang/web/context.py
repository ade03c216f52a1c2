"""What the shell of a signed-in page shows: navigation, account."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`nav_items`, `account_label`, `now` for the base template."""
    return {"nav_items": []}

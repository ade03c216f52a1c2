"""docs/permissions.md says what the code says."""

from __future__ import annotations

from dev.permissions import DOCUMENT, document
from lianfang.foundation.permissions import all_permissions


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python -m dev.permissions"


def test_every_permission_is_in_it() -> None:
    text = document()
    rooms = {name for name in all_permissions() if name.split(".")[0] not in ("test", "tests")}
    assert not [name for name in rooms if f"| {name} |" not in text]

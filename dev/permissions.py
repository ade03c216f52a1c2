"""`python -m dev.permissions` writes docs/permissions.md: who may do what, how far, and which routes ask for it.

Everything stands in the code (each room's `perms.py`, the declarations of the routes); the document only lays it out
as one table a room. A test compares the file with what this module would write.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "permissions.md"
HEAD = """# Who may do what

Written by `python -m dev.permissions` from the rooms' `perms.py` and from what each route declares; do not edit.

A role is held at a unit (a post, or a stand-in's dated grant). The reach is applied there: *class*, *division* and
*institution* reach the unit of the post and everything below it; *jurisdiction* the institutions that stand under the
authority; *family* the own children. "everyone" admits any account to what is its own. What a
permission shows: *counts*, *roster* (names without health), *clinical* (health of named persons); a *named* look is
recorded when it leaves the reader's own class or care. Without the right a route answers 403; what lies outside the
reach answers like what does not exist, 404; nobody signed in is led to sign-in (pages) or answered 401 (API).
"""


def set_up() -> None:
    """Load the application with an empty data folder, when no test has loaded it already."""
    import django
    from django.apps import apps

    if apps.ready:
        return
    home = Path(tempfile.mkdtemp(prefix="lianfang-permissions-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.config.settings")
    os.environ["LIANFANG_DATA_DIR"], os.environ["LIANFANG_SECRET_DIR"] = str(home / "data"), str(home / "keys")
    sys.path[:0] = [str(ROOT / "src")]
    django.setup()


def routes() -> Iterator[tuple[str, Any]]:
    """Every page (by address) and operation (by method and address) with its declaration."""
    from django.urls import URLResolver, get_resolver

    from lianfang.config.api import api

    def walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
        for item in patterns:
            address = prefix + str(item.pattern)
            if isinstance(item, URLResolver):
                yield from walk(item.url_patterns, address)
            elif getattr(item.callback, "access", None) != "api":
                yield address, getattr(item.callback, "access", None)

    yield from walk(get_resolver().url_patterns, "/")
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                declared = getattr(operation.view_func, "access", None)
                yield f"{' '.join(operation.methods)} /api{prefix}{path}", declared


def document() -> str:
    """The whole document as text."""
    from lianfang.foundation.permissions import Permission, all_permissions

    used: dict[str, list[str]] = {}
    for address, declared in routes():
        key = declared.name if isinstance(declared, Permission) else str(declared)
        used.setdefault(key, []).append(f"`{address}`")
    lines = [HEAD]
    rooms: dict[str, list[Permission]] = {}
    for permission in all_permissions().values():
        room = permission.name.split(".")[0]
        if (ROOT / "src" / "lianfang" / room / "perms.py").exists():
            rooms.setdefault(room, []).append(permission)
    for room in sorted(rooms):
        lines += [
            f"## {room}",
            "",
            "| permission | roles and reach | shows | writes | routes |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(permission, used.get(permission.name, [])) for permission in sorted(rooms[room], key=_name)]
        lines.append("")
    lines += ["## Without a permission", "", "| declared | routes |", "|---|---|"]
    for key, words in (("signed_in", "every signed-in account"), ("public", "everybody")):
        lines.append(f"| {words} | {'<br>'.join(sorted(used.get(key, [])))} |")
    return "\n".join(lines) + "\n"


def _name(permission: Any) -> str:
    return str(permission.name)


def _row(permission: Any, addresses: list[str]) -> str:
    by_reach: dict[str, list[str]] = {}
    for role, reach in permission.roles.items():
        by_reach.setdefault(str(reach), []).append(role)
    who = [f"{reach}: {', '.join(sorted(roles))}" for reach, roles in sorted(by_reach.items())]
    if permission.everyone:
        who.append("everyone: their own")
    shows = f"{permission.detail}, named" if permission.named else str(permission.detail)
    cells = (
        permission.name,
        "<br>".join(who),
        shows,
        "yes" if permission.writes else "",
        "<br>".join(sorted(addresses)),
    )
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    """Write the document and say whether it changed; with `--cells`, print how much of the matrix the tests ask."""
    set_up()
    if "--cells" in arguments:
        from tests.access.matrix import figures

        print("\n".join(figures()))
        return 0
    text = document()
    changed = not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text
    DOCUMENT.write_text(text, encoding="utf-8")
    print(f"{DOCUMENT.relative_to(ROOT)}: {'written' if changed else 'is current'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

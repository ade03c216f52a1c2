"""Walking through the application as a part does: from Today along the links that the pages offer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.test import Client

from tests.access.world import World, undone

NUMBER = re.compile(r"\d+")
OUTSIDE = ("/static/", "/logout", "/sw.js")


class _Links(HTMLParser):
    """Addresses in `href` and `hx-get`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "hx-get") and value and tag != "link":
                self.found.append(value)


def shape(address: str) -> str:
    """Addresses of one shape lead to the same kind of page: numbers and days do not count, nor what is asked for."""
    parts = urlsplit(address)
    return NUMBER.sub("0", parts.path) + "?" + "&".join(sorted(name for name, _ in parse_qsl(parts.query)))


def walk(
    client: Client, starts: tuple[str, ...] = ("/",), each: int = 2, limit: int = 200
) -> Iterator[tuple[str, Any]]:
    """Every page that the links lead to, `each` of a shape at most; yields address and answer."""
    waiting, seen, shapes = list(starts), set(starts), dict.fromkeys(map(shape, starts), 1)
    visited = 0
    while waiting and visited < limit:
        address = waiting.pop(0)
        answer = client.get(address)
        visited += 1
        yield address, answer
        if answer.status_code in (301, 302):
            links = [answer.headers["Location"]]
        elif _is_page(answer):
            parser = _Links()
            parser.feed(answer.content.decode())
            links = parser.found
        else:
            links = []
        for link in links:
            target = urljoin(address, link).split("#")[0]
            if not target.startswith("/") or target.startswith(OUTSIDE) or target in seen:
                continue
            if shapes.get(shape(target), 0) >= each:
                continue
            seen.add(target)
            shapes[shape(target)] = shapes.get(shape(target), 0) + 1
            waiting.append(target)


@dataclass(frozen=True)
class Seen:
    """One stop of a walk; `page` is empty where the answer was no page."""

    address: str
    status: int
    page: str


def walked(world: World, part: str) -> list[Seen]:
    """Every page of the ordinary morning that the part's links lead to, one of a shape. Walked once for all who look at it."""
    if part not in world.walks:
        with undone():
            world.walks[part] = [
                Seen(address, answer.status_code, answer.content.decode() if _is_page(answer) else "")
                for address, answer in walk(world.client(part), each=1)
            ]
    found: list[Seen] = world.walks[part]
    return found


def _is_page(answer: Any) -> bool:
    return "html" in answer.headers.get("Content-Type", "")

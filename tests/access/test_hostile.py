"""Text that people typed is kept as it was typed, and stands in no log line and no address (what is drawn: test_canary)."""

from __future__ import annotations

import json
import logging
import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from lianfang.people.models import Person
from tests.access.crawling import walk
from tests.access.routes import operations
from tests.access.world import TURNED, World, client_id, undone

drawing_only = pytest.mark.one_database(
    "reads what pages draw; that the texts are stored as typed is asked on both, below"
)


@pytest.mark.django_db
def test_it_is_kept_as_it_was_typed(world: World) -> None:
    """Every free field took the hostile text (a person's name takes letters only)."""
    assert len(world.texts) > 15
    assert all(TURNED[-1] in text for name, text in world.texts.items() if name != "guardian")
    page = world.client("teacher").get(f"/daily/day/{world.unit('class1')}/").content.decode()
    assert "&lt;img src=x" in page
    assert TURNED[-1] in page


@pytest.mark.django_db
@drawing_only
def test_json_is_not_drawn_by_a_browser(world: World) -> None:
    """An answer of the API that is opened by its address is data, also to a browser that guesses."""
    answer = Client().get(f"/api/daily/days/{world.unit('class1')}/2026-09-15", **world.bearer("teacher"))
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_logs_name_nobody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A morning with mistakes in it: searches, refusals, faulty reports, wrong passwords. The log holds no person."""
    child = world.d.pupils["class1"][0]
    document, phone = "330106201709010019", "13957100001"
    caplog.set_level(logging.INFO)
    with undone():
        teacher, principal = world.client("teacher"), world.client("principal")
        principal.post("/search", {"q": child.name})
        principal.post("/search", {"q": phone})
        principal.get(f"/people/persons/{child.pk}/")
        principal.post(f"/people/persons/{child.pk}/edit/", {"name": child.name, "id_number": document, "phone": "12"})
        principal.post(f"/people/persons/{child.pk}/guardians/", {"name": "金凤仙", "relation": "x", "phone": phone})
        world.client("foreign_teacher").get(f"/people/persons/{child.pk}/")
        body = {"client_id": client_id(), "person_id": child.pk, "temperature": "380", "track": world.texts["track"]}
        teacher.post("/api/daily/reports", json.dumps(body), "application/json")
        Client().post("/api/daily/reports", json.dumps(body), "application/json", **world.bearer("mother"))
        Client().post("/login", {"username": child.name, "password": phone})
        Client().get("/people/", {"q": child.name})
        for part in ("teacher", "officer", "mother"):
            for _address, _answer in walk(world.client(part), each=1):
                pass
    names = [*Person.objects.values_list("name", flat=True), document, phone, world.texts["note"], world.texts["track"]]
    told = [record.getMessage() + (record.exc_text or "") for record in caplog.records]
    assert told
    assert not [line for line in told for name in names if name in line]


@pytest.mark.django_db
@drawing_only
@pytest.mark.parametrize("part", ["teacher", "principal", "officer", "mother"])
def test_addresses_name_nobody(world: World, part: str) -> None:
    """Links carry ids and days; a name in an address would be kept by every proxy and history on the way."""
    names = re.compile("|".join(re.escape(name) for name in Person.objects.values_list("name", flat=True)))
    with undone():
        assert not [address for address, _answer in walk(world.client(part), each=1) if names.search(address)]


class _Asked(HTMLParser):
    """Fields for typing in forms whose content goes into the address."""

    def __init__(self) -> None:
        super().__init__()
        self.open = False
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            self.open = (said.get("method") or "get").lower() == "get"
        typed = tag == "textarea" or (tag == "input" and said.get("type", "text") in ("text", "search", "tel", "email"))
        if self.open and typed:
            self.found.append(str(said.get("name")))

    def handle_endtag(self, tag: str) -> None:
        self.open = self.open and tag != "form"


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["teacher", "admin", "officer"])
def test_nothing_typed_goes_into_an_address(world: World, part: str) -> None:
    """A search is posted: forms that make an address have choices and days only; so have the API's GET operations."""
    with undone():
        for address, answer in walk(world.client(part), each=1):
            if "html" in answer.headers.get("Content-Type", ""):
                asked = _Asked()
                asked.feed(answer.content.decode())
                assert not asked.found, address
    searching = {"q", "query", "search", "name", "text", "phone", "id_number"}
    assert not [o.name for o in operations() if o.method == "GET" and o.parameters & searching]

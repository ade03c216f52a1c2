"""What a page offers may be done: a form or button that its reader would be refused is not shown."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest

from tests.access.crawling import shape, walked
from tests.access.world import World, undone

pytestmark = pytest.mark.one_database("sends what pages offer; what may be sent at all is asked on both by test_pages")
LEFT_OUT = ("/logout", "/account", "/i18n/", "/login")
PARTS = (
    *("teacher", "subject_teacher", "grade_head", "nurse", "reporter", "principal", "admin", "guard", "keeper"),
    *("department_head", "attendant", "lesson_teacher", "training_reporter", "officer", "cdc", "mother", "leader"),
)


class _Forms(HTMLParser):
    """What a page offers to send: forms with a button, and parts that post by themselves, with the values in them."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.found: list[tuple[str, dict[str, str]]] = []
        self._target = ""
        self._values: dict[str, str] = {}
        self._may_send = False
        self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            posts = said.get("method", "get").lower() == "post"
            self._target = urljoin(self.address, said.get("action") or self.address) if posts else ""
            self._values, self._may_send = {}, False
        elif said.get("hx-post"):
            self.found.append((urljoin(self.address, said["hx-post"]), {}))
        elif tag in ("input", "button") and said.get("type") not in ("checkbox", "radio"):
            if said.get("name"):
                self._values.setdefault(said["name"], said.get("value", ""))
            self._may_send |= tag == "button" and said.get("type", "submit") == "submit"
        elif tag == "select":
            self._choice = said.get("name", "")
        elif tag == "option" and self._choice and ("selected" in said or self._choice not in self._values):
            self._values[self._choice] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._target and self._may_send:
            self.found.append((self._target, self._values))
        if tag == "form":
            self._target = ""


@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS)
def test_every_form_that_is_shown_may_be_sent(world: World, part: str) -> None:
    """Sent as it stands, each may be refused for what is in it, never for who sends it."""
    wrong, sent = [], set()
    client = world.client(part)
    for seen in walked(world, part)[:60]:
        address = seen.address
        forms = _Forms(address)
        forms.feed(seen.page)
        for target, values in forms.found:
            kind = (shape(target), tuple(sorted(values)))
            if target.startswith(LEFT_OUT) or kind in sent:
                continue
            sent.add(kind)
            with undone():
                got = client.post(target, values)
            if got.status_code in (403, 404, 405) or got.status_code >= 500:
                wrong.append(f"{address} offers {target}: {got.status_code}")
    assert not wrong, "\n".join(wrong)
    assert sent or part in ("guard", "leader")

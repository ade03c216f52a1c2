"""What is sent while calls fail: each kind with what must be there before, what is sent, and when.

Every `make` prepares a day of its own and returns what to do: the same call again is the repetition that a phone's outbox
(or the worker's next turn) would make.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.test import Client

from lianfang.config.wiring import READERS
from lianfang.duties import jobs as duties
from lianfang.foundation import journal
from lianfang.foundation.actions import issue_token
from lianfang.foundation.actor import system_actor
from lianfang.foundation.readers import run_reader
from lianfang.kernel.clock import FixedClock, at_local
from tests.daily.cast import Morning
from tests.district import SETUP
from tests.exchange.sheetmaking import child, students
from tests.reporting.cast import KIND

FIRST = date(2026, 9, 2)
PARTS = ("teacher", "teacher2", "mother", "grade_head", "admin")


class Told:
    """What came back: `status` of HTTP (200 where there is no HTTP), the body, Retry-After."""

    def __init__(self, status: int, body: Any = None, wait: str | None = None) -> None:
        self.status, self.body, self.wait = status, body, wait


Send = Callable[[], Told]


class Scene:
    """The district, its bearer tokens, and the clock that all of it is asked by."""

    def __init__(self, morning: Morning, clock: FixedClock) -> None:
        self.m = morning
        self.clock = clock
        self.day = FIRST
        accounts = morning.d.accounts
        system = system_actor("test", SETUP)
        self.tokens = {part: issue_token(system, SETUP, accounts[part], "faults")[1] for part in PARTS}

    def next_day(self, at: str = "07:40") -> datetime:
        """The clock on the next school day, everybody's duties raised."""
        self.day += timedelta(days=1)
        while self.day.weekday() > 4 or date(2026, 9, 24) < self.day < date(2026, 10, 12):
            self.day += timedelta(days=1)
        assert self.day < date(2027, 1, 15), "more points than the term has days"
        return self.to(at)

    def to(self, at: str) -> datetime:
        hours, minutes = at.split(":")
        instant = at_local(self.day, "00:00", "Asia/Shanghai") + timedelta(hours=int(hours), minutes=int(minutes))
        return self.clock.set(instant)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def post(self, part: str, path: str, body: Any, *, form: bool = False) -> Told:
        client = Client(raise_request_exception=False)
        headers = {"Authorization": f"Bearer {self.tokens[part]}", "X-Client-Now": self.now.isoformat()}
        answer = (
            client.post(path, body(), headers=headers)
            if form
            else client.post(path, body, content_type="application/json", headers=headers)
        )
        return Told(answer.status_code, answer.json(), answer.headers.get("Retry-After"))

    def ask(self, part: str, path: str) -> Any:
        answer = Client().get(path, headers={"Authorization": f"Bearer {self.tokens[part]}"})
        assert answer.status_code == 200, answer.content
        return answer.json()

    def mark(self, seat: int, temperature: float) -> dict[str, Any]:
        reading = {"temperature": temperature, "site": "axillary", "instrument": "electronic"}
        return {"person_id": self.m.pupil(seat), "presence": "present", **reading}

    def check(self, client_id: str, **more: Any) -> dict[str, Any]:
        body = {"client_id": client_id, "unit_id": self.m.unit(), "day": self.day.isoformat()}
        return {**body, "session": "morning", "marks": [self.mark(1, 38.4)], **more}


def one() -> str:
    return str(uuid.uuid4())


def report(s: Scene) -> Send:
    s.next_day()
    reading = {"temperature": 38.3, "site": "axillary", "instrument": "electronic", "symptoms": ["cough"]}
    body = {"client_id": one(), "person_id": s.m.pupil(0), **reading}
    return lambda: s.post("mother", "/api/daily/reports", body)


def batch(s: Scene) -> Send:
    s.next_day()
    reading = {"temperature": 36.6, "site": "axillary", "instrument": "electronic"}
    body = [{"client_id": one(), "person_id": s.m.pupil(seat), **reading} for seat in range(3)]
    return lambda: s.post("teacher", "/api/daily/reports", body)


def check(s: Scene) -> Send:
    s.next_day()
    body = s.check(one())
    return lambda: s.post("teacher", "/api/daily/checks", body)


def correction(s: Scene) -> Send:
    s.next_day()
    first = s.post("teacher", "/api/daily/checks", s.check(one()))
    body = s.check(one(), marks=[s.mark(1, 38.4), s.mark(2, 38.9)], corrects=first.body["id"], reason="看错了")
    return lambda: s.post("teacher", "/api/daily/checks", body)


def leave(s: Scene) -> Send:
    s.next_day("10:20")
    body = {"client_id": one(), "person_id": s.m.pupil(3), "unit_id": s.m.unit(), "cause": "illness"}
    body |= {"symptoms": ["cough"], "fetched_by": "妈妈"}
    return lambda: s.post("teacher", "/api/daily/early-leaves", body)


def sign(s: Scene) -> Send:
    s.next_day()
    for part, unit in (("teacher", "class1"), ("teacher2", "class2")):
        saved = s.post(part, "/api/daily/checks", s.check(one(), unit_id=s.m.unit(unit), marks=[], all_well=True))
        assert saved.status == 200, saved.body
    s.to("08:35")
    grade = s.m.unit("grade")
    seen = s.ask("grade_head", f"/api/reporting/forms/{KIND}/{grade}/{s.day}")["seen"]
    body = {"client_id": one(), "seen": seen, "states_zero": True, "kind": KIND, "unit_id": grade}
    body |= {"day": s.day.isoformat()}
    return lambda: s.post("grade_head", "/api/reporting/reports", body)


def upload(s: Scene) -> Send:
    """A roster's file. It has no client id: repeated, there are two uploads, of which nothing is carried out yet."""
    s.next_day()
    content = students(child("T0901", name="贺新"))

    def form() -> dict[str, Any]:
        file = io.BytesIO(content)
        file.name = "名册.xlsx"
        return {"unit_id": s.m.unit("school"), "file": file}

    return lambda: s.post("admin", "/api/exchange/imports", form, form=True)


def sealing(s: Scene) -> Send:
    s.next_day()
    s.post("teacher", "/api/daily/checks", s.check(one()))
    return lambda: Told(200, journal.seal(s.now) and None)


def _turn_of(s: Scene, name: str) -> Send:
    """One reader's turn; the others have had theirs."""
    journal.seal(s.now)
    mine = next(reader for reader in READERS if reader.name == name)
    for reader in READERS:
        if reader is not mine:
            run_reader(reader, s.now)

    def turn() -> Told:
        run_reader(mine, s.now)
        return Told(200)

    return turn


def nurse(s: Scene) -> Send:
    """The follow-on of a check with fever: nurse and reporter are told."""
    s.next_day()
    s.post("teacher", "/api/daily/checks", s.check(one()))
    return _turn_of(s, "daily.nurse")


def teacher(s: Scene) -> Send:
    """The follow-on of what a family reports: the class teacher is told."""
    report(s)()
    return _turn_of(s, "daily.teacher")


def sweep(s: Scene) -> Send:
    """Nobody has called the roll: holder and grade head are told."""
    s.next_day("00:30")
    duties.raise_duties(system_actor("duties.raise", s.now), s.now)
    s.to("08:41")

    def turn() -> Told:
        duties.sweep(system_actor("duties.sweep", s.now), s.now)
        return Told(200)

    return turn


def raising(s: Scene) -> Send:
    s.next_day("00:30")

    def turn() -> Told:
        duties.raise_duties(system_actor("duties.raise", s.now), s.now)
        return Told(200)

    return turn


KINDS: dict[str, Callable[[Scene], Send]] = {
    "report": report,
    "batch": batch,
    "check": check,
    "correction": correction,
    "leave": leave,
    "sign": sign,
    "upload": upload,
    "sealing": sealing,
    "nurse": nurse,
    "teacher": teacher,
    "sweep": sweep,
    "raising": raising,
}
# The worker's own work: a lost answer there is a turn that ends with the database's error, and the next turn.
INSIDE = ("sealing", "nurse", "teacher", "sweep", "raising")

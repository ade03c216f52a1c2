"""Phones, class rolls, signers and an upload that keep on sending while faults happen, and remember what they were told.

Each submission has an id of its own and is repeated like the outbox repeats it: the same id and content, growing pauses,
through refused connections, lost answers and 503, until there is an answer. Some clients' clocks are wrong by far.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

import httpx

from lianfang.kernel.clock import at_local
from tests.exchange.sheetmaking import child, students
from tests.faults.ledger import Ledger

TODAY = date(2026, 9, 15)
DAYS = tuple(date(2026, 9, day) for day in (2, 3, 4, 7, 8, 9, 10, 11, 14))
SESSIONS = ("morning", "noon", "afternoon", "evening")
KIND = "daily-zero"
READING = {"site": "axillary", "instrument": "electronic"}
SKEWS = (timedelta(), timedelta(minutes=37), timedelta(days=-1), timedelta(days=365), timedelta(hours=-8))


class Load:
    """`start`, then `finish`: no new submissions, those under way are repeated until they are answered."""

    def __init__(
        self, url: str, cast: dict[str, Any], ledger: Ledger, seed: str, offset: timedelta, memory: dict[Any, int]
    ) -> None:
        """`offset`: how far the server's clock is from this machine's; `memory`: what earlier loads have corrected last."""
        self.url, self.cast, self.ledger, self.offset, self.memory = url, cast, ledger, offset, memory
        self.slack = 0.0  # by how many seconds the server's clock may be elsewhere just now, because it is being moved
        self.stopping = threading.Event()
        self.counts: Counter[str] = Counter()
        self.strange: list[str] = []
        self.acks: list[float] = []
        self._lock = threading.Lock()
        works: list[tuple[Callable[[_Phone], None], timedelta]] = []
        for number, skew in enumerate(SKEWS[:3]):
            works.append((self._staff(cast["staff"][number::3]), skew))
        works += [
            (self._family, SKEWS[3]),
            (self._batches, SKEWS[0]),
            (self._rolls("class1", "teacher"), SKEWS[4]),
            (self._rolls("class2", "teacher2"), SKEWS[1]),
            (self._leaves, SKEWS[2]),
            (self._signing, SKEWS[0]),
            (self._uploads, SKEWS[0]),
        ]
        phones = [_Phone(self, random.Random(f"{seed}:{n}"), skew) for n, (_work, skew) in enumerate(works)]
        self.threads = [
            threading.Thread(target=self._work, args=(work, phone), daemon=True)
            for (work, _skew), phone in zip(works, phones, strict=True)
        ]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def finish(self, seconds: float = 180) -> None:
        """Raises TimeoutError when submissions are still unanswered after `seconds`."""
        self.stopping.set()
        until = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(timeout=max(until - time.monotonic(), 0.01))
        if any(thread.is_alive() for thread in self.threads):
            raise TimeoutError("submissions are still unanswered")

    def acknowledged_after(self, instant: float) -> float | None:
        """Seconds from `instant` (monotonic) to the first acknowledgement after it."""
        with self._lock:
            return next((at - instant for at in self.acks if at > instant), None)

    def await_acks(self, number: int, seconds: float = 120) -> None:
        """Until so many more were acknowledged. Raises TimeoutError."""
        wanted, until = len(self.acks) + number, time.monotonic() + seconds
        while len(self.acks) < wanted:
            if time.monotonic() > until:
                raise TimeoutError(
                    f"no {number} acknowledgements in {seconds} s: {dict(self.counts)} {self.strange[:3]}"
                )
            time.sleep(0.01)

    def note(self, what: str, strange: str = "") -> None:
        with self._lock:
            self.counts[what] += 1
            if strange:
                self.strange.append(strange[:300])

    def acked(self, number: int) -> None:
        with self._lock:
            self.acks += [time.monotonic()] * number

    def _work(self, work: Callable[[_Phone], None], phone: _Phone) -> None:
        try:
            work(phone)
        except Exception as error:
            self.note("clients that failed", f"{type(error).__name__}: {error}")
            raise

    def _staff(self, share: list[dict[str, Any]]) -> Callable[[_Phone], None]:
        def work(phone: _Phone) -> None:
            while not self.stopping.is_set():
                who = phone.chance.choice(share)
                body = {"person_id": who["person"], "temperature": 36.5, **READING, **phone.told(TODAY)}
                phone.send("report", "/api/daily/reports", who["token"], body)

        return work

    def _family(self, phone: _Phone) -> None:
        while not self.stopping.is_set():
            ill = {"person_id": self.cast["pupils"]["class1"][0], "temperature": 38.5, "symptoms": ["cough"], **READING}
            phone.send("report", "/api/daily/reports", self.cast["tokens"]["mother"], ill)
            phone.rest(0.3)

    def _batches(self, phone: _Phone) -> None:
        pupils = self.cast["pupils"]["class1"]
        while not self.stopping.is_set():
            some = phone.chance.sample(pupils[4:], 4)
            items = [{"person_id": p, "temperature": 36.6, **READING, "client_id": one()} for p in some]
            phone.send_batch("/api/daily/reports", self.cast["tokens"]["teacher"], items)
            phone.rest(0.1)

    def _rolls(self, unit: str, part: str) -> Callable[[_Phone], None]:
        def work(phone: _Phone) -> None:
            pupils, last = self.cast["pupils"][unit], self.memory
            while not self.stopping.is_set():
                day = phone.chance.choice((*DAYS, TODAY))
                session = phone.chance.choice(SESSIONS) if day != TODAY else "morning"
                marks = [
                    {"person_id": p, "presence": "present", "temperature": 38.5, "symptoms": ["cough"], **READING}
                    for p in (pupils[0], *phone.chance.sample(pupils[1:], phone.chance.randrange(3)))
                ]
                body: dict[str, Any] = {"unit_id": self.cast["units"][unit], "day": day.isoformat(), "session": session}
                body["marks"] = marks
                earlier = last.get((unit, day, session))
                body |= {"corrects": earlier, "reason": "更正"} if earlier else phone.told(day)
                answer = phone.send("check", "/api/daily/checks", self.cast["tokens"][part], body, marks=len(marks))
                if answer is not None:
                    last[unit, day, session] = answer["id"]
                phone.rest(0.05)

        return work

    def _leaves(self, phone: _Phone) -> None:
        last = self.memory
        while not self.stopping.is_set():
            day, pupil = phone.chance.choice(DAYS), phone.chance.choice(self.cast["pupils"]["class2"][3:])
            body = {"person_id": pupil, "unit_id": self.cast["units"]["class2"], "cause": "illness"}
            body |= {
                "symptoms": ["cough"],
                **phone.told(day, clock_time(10, 30)),
                "corrects": last.get(("leave", day, pupil)),
            }
            answer = phone.send("leave", "/api/daily/early-leaves", self.cast["tokens"]["teacher2"], body)
            if answer is not None:
                last["leave", day, pupil] = answer["id"]
            phone.rest(0.1)

    def _signing(self, phone: _Phone) -> None:
        while not self.stopping.is_set():
            level, part = phone.chance.choice((("grade", "grade_head"), ("school", "reporter")))
            unit, day, token = self.cast["units"][level], phone.chance.choice(DAYS), self.cast["tokens"][part]
            form = phone.ask(f"/api/reporting/forms/{KIND}/{unit}/{day}", token)
            if form is None:
                continue
            body = {"seen": form["seen"], "states_zero": form["verdict"] == "confirmed_zero", "reason": "数据有变"}
            body["accepted_unanswered"] = sorted({*form["unanswered"], *form["unsigned"]})
            if form["report_id"] is None:
                path, more = "/api/reporting/reports", {"kind": KIND, "unit_id": unit, "day": day.isoformat()}
            else:
                path, more = f"/api/reporting/reports/{form['report_id']}/amendments", {}
            # 409 and 422: a roll came in between, or nothing has changed since it was signed.
            phone.send("sign", path, token, {**body, **more}, may_refuse=(409, 422))
            phone.rest(0.2)

    def _uploads(self, phone: _Phone) -> None:
        while not self.stopping.is_set():
            content = students(child(f"T{phone.chance.randrange(10**6):06d}", name="贺新"))
            phone.upload("/api/exchange/imports", self.cast["tokens"]["admin"], self.cast["units"]["school"], content)
            phone.rest(0.7)


def one() -> str:
    return str(uuid.uuid4())


class _Phone:
    """One client: its connection, its clock, its own chance."""

    def __init__(self, load: Load, chance: random.Random, skew: timedelta) -> None:
        self.load, self.chance, self.skew = load, chance, skew
        self.client = httpx.Client(timeout=45)  # longer than a writer waits for its turn: the 503 is to arrive

    def server_now(self) -> datetime:
        return datetime.now(UTC) + self.load.offset

    def told(self, day: date, at: clock_time | None = None) -> dict[str, str]:
        """`true_at` by this phone's clock: a while ago today, or at a time of an earlier day."""
        if day == TODAY:
            true_at = self.server_now() - timedelta(seconds=self.chance.randrange(60))
        else:
            true_at = at_local(day, at or clock_time(9, 0), "Asia/Shanghai")
        return {"true_at": (true_at + self.skew).isoformat()}

    def rest(self, seconds: float) -> None:
        self.load.stopping.wait(seconds * (0.5 + self.chance.random()))

    def ask(self, path: str, token: str) -> Any:
        try:
            answer = self.client.get(self.load.url + path, headers={"Authorization": f"Bearer {token}"})
        except httpx.HTTPError:
            self.load.note("connections broken")
            self.rest(0.2)
            return None
        if answer.status_code == 200:
            return answer.json()
        self._count(answer)
        self.rest(0.2)
        return None

    def send(
        self, kind: str, path: str, token: str, body: dict[str, Any], may_refuse: tuple[int, ...] = (), marks: int = 0
    ) -> Any:
        """The answer, or None for a refusal."""
        client_id = one()
        sent = {"sent": self.server_now().isoformat(), "slack": self.load.slack}
        self.load.ledger.write({"id": client_id, "kind": kind, "marks": marks, **sent})
        answer = self._until_answered(path, token, json={"client_id": client_id, **body})
        if answer.status_code == 200:
            said = answer.json()
            self._acked((client_id, said))
            return said
        self.load.ledger.write({"id": client_id, "refused": answer.status_code})
        # The clocks of server and phones were moved back while it waited: what it tells of lies ahead of both.
        overtaken = self.load.slack > 0 and answer.status_code == 422 and "time.future" in answer.text
        expected = answer.status_code in may_refuse or overtaken
        self.load.note("refused" if expected else "refused unexpectedly", "" if expected else f"{kind} {answer.text}")
        return None

    def send_batch(self, path: str, token: str, items: list[dict[str, Any]]) -> None:
        at = self.server_now().isoformat()
        said = {"kind": "report", "sent": at, "slack": self.load.slack}
        self.load.ledger.write(*[{"id": item["client_id"], **said} for item in items])
        answer = self._until_answered(path, token, json=items)
        results = answer.json() if answer.status_code == 200 else []
        good = [(i["client_id"], r["answer"]) for i, r in zip(items, results, strict=False) if r["status"] == 200]
        self._acked(*good)
        if len(good) != len(items):
            self.load.note("refused unexpectedly", f"batch {answer.text}")

    def upload(self, path: str, token: str, unit: int, content: bytes) -> None:
        key = one()
        self.load.ledger.write({"id": key, "kind": "upload", "sent": self.server_now().isoformat()})
        form = {"data": {"unit_id": str(unit)}, "files": {"file": ("名册.xlsx", content)}}
        answer = self._until_answered(path, token, **form)
        if answer.status_code == 201:
            self._acked((key, {"id": answer.json()["id"]}))
        else:
            self.load.note("refused unexpectedly", f"upload {answer.text}")

    def _acked(self, *pairs: tuple[str, Any]) -> None:
        at = self.server_now().isoformat()
        self.load.ledger.write(*[{"id": key, "acked": at, "answer": answer} for key, answer in pairs])
        self.load.acked(len(pairs))

    def _until_answered(self, path: str, token: str, **sent: Any) -> httpx.Response:
        pause = 0.05
        while True:
            headers = {"Authorization": f"Bearer {token}", "X-Client-Now": (self.server_now() + self.skew).isoformat()}
            try:
                answer = self.client.post(self.load.url + path, headers=headers, **sent)
            except httpx.HTTPError:
                self.load.note("connections broken")
            else:
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
                self._count(answer)
            time.sleep(pause * (0.5 + self.chance.random()))
            pause = min(pause * 2, 1.0)

    def _count(self, answer: httpx.Response) -> None:
        """503 is honest when it says when to come back; any other 5xx is not."""
        if answer.status_code == 503 and answer.headers.get("Retry-After", "").isdigit():
            self.load.note("503")
        elif answer.status_code >= 500:
            self.load.note("other 5xx", f"{answer.status_code} {answer.text}")

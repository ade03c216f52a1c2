"""Pictures of the documentation: `python -m dev.screenshots [NAME …]`.

A small demo is made in a folder of its own for a fixed school day. For each hour of that morning the web process is
started with its clock at that hour, and the pages are taken as the people of the demo see them. Then the folder is
removed. Names select pictures by their beginning.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
DAY = date(2026, 11, 24)
OFFSET = "+08:00"
SIZES = (2, 40, 12)
LIMIT = 250_000
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
DEVICES = {"phone": PHONE, "desktop": DESKTOP}


@dataclass(frozen=True)
class Shot:
    """One picture: its name, at what hour, as whom, on what, where, and what is done on the page before it is taken."""

    name: str
    hour: str
    role: str
    device: str
    path: Callable[["Studio"], str]
    language: str = "zh-hans"
    dark: bool = False
    act: Callable[[Any, "Studio"], None] | None = None
    full: bool = False


@dataclass
class Studio:
    """The demo with what the pages' addresses need."""

    folder: Path
    demo: Any = None
    users: dict[str, str] = field(default_factory=dict)
    own_class: Any = None
    notes: dict[str, Any] = field(default_factory=dict)

    def at(self, hour: str) -> datetime:
        return datetime.fromisoformat(f"{DAY}T{hour}:00{OFFSET}")

    def cookie(self, role: str) -> str:
        """A session of the person whose sign-in the demo prints for a role; "" for a visitor."""
        from django.test import Client

        from lianfang.foundation.models import Account

        if not role:
            return ""
        client = Client()
        client.force_login(
            Account.objects.get(username=self.users[role]), backend="django.contrib.auth.backends.ModelBackend"
        )
        return str(client.cookies["sessionid"].value)


def roll(studio: Studio) -> str:
    return f"/daily/roll/{studio.own_class.pk}/morning/"


def school_report(studio: Studio) -> str:
    return f"/reports/daily-zero/{studio.demo.primary.pk}/{DAY}/"


def signing(studio: Studio) -> str:
    return f"{school_report(studio)}sign"


def to_signature(page: Any, studio: Studio) -> None:
    """Scroll to the form."""
    page.locator("main form").last.scroll_into_view_if_needed()
    page.wait_for_timeout(200)


def open_exception(page: Any, studio: Studio) -> None:
    """Open what is noted of the child whose family said that it stays at home."""
    page.get_by_role("button", name="改").first.click()
    page.wait_for_timeout(500)


def county_report(studio: Studio) -> str:
    return f"/reports/daily-zero/{studio.demo.bureau.pk}/{DAY}/"


def import_page(studio: Studio) -> str:
    return f"/import/{studio.notes['import']}/"


def fixed(path: str) -> Callable[[Studio], str]:
    return lambda studio: path


SHOTS = (
    Shot("guardian-today-phone-zh", "07:20", "guardian", "phone", fixed("/")),
    Shot("guardian-report-phone-zh", "07:20", "guardian", "phone", fixed("/daily/report/")),
    Shot("guardian-report-phone-en", "07:20", "guardian", "phone", fixed("/daily/report/"), "en"),
    Shot("today-teacher-phone-zh", "07:52", "homeroom_teacher", "phone", fixed("/")),
    Shot("today-teacher-phone-en", "07:52", "homeroom_teacher", "phone", fixed("/"), "en"),
    Shot("today-teacher-phone-dark-zh", "07:52", "homeroom_teacher", "phone", fixed("/"), dark=True),
    Shot("roll-phone-zh", "07:52", "homeroom_teacher", "phone", roll),
    Shot("roll-exception-phone-zh", "07:52", "homeroom_teacher", "phone", roll, act=open_exception),
    Shot("roll-phone-en", "07:52", "homeroom_teacher", "phone", roll, "en"),
    Shot("roll-phone-dark-zh", "07:52", "homeroom_teacher", "phone", roll, dark=True),
    Shot("today-nurse-desktop-zh", "08:58", "school_nurse", "desktop", fixed("/")),
    Shot("today-principal-desktop-zh", "08:58", "principal", "desktop", fixed("/")),
    Shot("report-board-desktop-zh", "08:58", "epidemic_reporter", "desktop", school_report),
    Shot("report-board-desktop-en", "08:58", "epidemic_reporter", "desktop", school_report, "en"),
    Shot("report-sign-desktop-zh", "08:58", "epidemic_reporter", "desktop", signing, act=to_signature),
    Shot("report-sign-desktop-en", "08:58", "epidemic_reporter", "desktop", signing, "en", act=to_signature),
    Shot("report-sign-phone-zh", "08:58", "epidemic_reporter", "phone", signing, act=to_signature),
    Shot("roster-tree-desktop-zh", "08:58", "system_admin", "desktop", fixed("/people/")),
    Shot("import-preview-desktop-zh", "08:58", "system_admin", "desktop", import_page),
    Shot("import-preview-desktop-en", "08:58", "system_admin", "desktop", import_page, "en"),
    Shot("today-county-desktop-en", "09:16", "county_officer", "desktop", fixed("/"), "en"),
    Shot("chase-county-desktop-en", "09:16", "county_officer", "desktop", fixed("/duties/chase/"), "en"),
    Shot("report-county-desktop-en", "09:16", "county_officer", "desktop", county_report, "en"),
    Shot("roster-tree-desktop-en", "09:16", "system_admin", "desktop", fixed("/people/"), "en"),
    Shot("today-nurse-desktop-en", "09:16", "school_nurse", "desktop", fixed("/"), "en"),
    Shot("today-county-desktop-zh", "09:16", "county_officer", "desktop", fixed("/")),
    Shot("overview-county-desktop-zh", "09:16", "county_officer", "desktop", fixed("/overview/")),
    Shot("overview-county-desktop-en", "09:16", "county_officer", "desktop", fixed("/overview/"), "en"),
    Shot("chase-county-desktop-zh", "09:16", "county_officer", "desktop", fixed("/duties/chase/")),
    Shot("report-county-desktop-zh", "09:16", "county_officer", "desktop", county_report),
    Shot("overview-cdc-desktop-dark-zh", "09:16", "cdc_officer", "desktop", fixed("/overview/"), dark=True),
)


def make_demo(studio: Studio) -> None:
    """The demo as it stands before anybody of the sample class has done anything."""
    from lianfang.config.demo.district import Sizes
    from lianfang.config.demo.making import make
    from lianfang.config.demo.signins import ROLES, sample_class, sample_guardian, sample_post
    from lianfang.foundation.models import Account

    studio.demo = make(studio.folder, Sizes(*SIZES), studio.at("06:31"), lambda line: print(line, flush=True))
    studio.own_class = sample_class(studio.demo)
    for role in ROLES:
        post = sample_post(studio.demo, role)
        assert post is not None and post.person.account is not None
        studio.users[role] = post.person.account.username
    guardian = sample_guardian(studio.demo)[0]
    assert guardian.account is not None
    studio.users["guardian"] = guardian.account.username
    Account.objects.filter(username__in=studio.users.values()).update(must_change_password=False)


def move_on(studio: Studio, hour: str) -> None:
    """Everybody in the demo does what they have done by this hour; the worker tells those who have not."""
    from lianfang.config.demo.history import PAST_DAYS, History
    from lianfang.config.worker import catch_up

    now = studio.at(hour)
    history = History(studio.demo, DAY, now, PAST_DAYS)
    history.prepare()
    if hour >= "08:30":
        _own_roll(studio, history)
    history.write(len(history.days) - 1)
    if hour >= "08:30":
        _own_grade(studio)
        _second_roster(studio, now)
    catch_up(now)


def _own_roll(studio: Studio, history: Any) -> None:
    """The teacher of the sample class saves the roll with what families have said."""
    import uuid

    from lianfang.daily.actions import CheckItem, save_checks
    from lianfang.daily.models import HealthReport
    from lianfang.daily.rules import MarkInput
    from lianfang.foundation.actor import load_actor
    from lianfang.foundation.models import Account

    at = studio.at("07:58")
    told = HealthReport.objects.filter(unit=studio.own_class, day=DAY, absent=True)
    marks = {
        row.person_id: MarkInput(row.person_id, "absent", cause="illness", symptoms=row.symptoms, onset=DAY)
        for row in told
    }
    for mark in history.course.marks(len(history.days) - 1, studio.own_class):
        marks.setdefault(mark.person_id, mark)
    item = CheckItem(
        actor=load_actor(Account.objects.get(username=studio.users["homeroom_teacher"]), at, "screenshots"),
        client_id=uuid.uuid5(uuid.NAMESPACE_OID, "own roll"),
        unit_id=studio.own_class.pk,
        day=DAY,
        session="morning",
        marks=list(marks.values()),
    )
    (answer,) = save_checks([item])
    if isinstance(answer, Exception):
        raise answer


def _own_grade(studio: Studio) -> None:
    import uuid

    from lianfang.config.demo.chain import Signing, sign
    from lianfang.foundation.actor import load_actor
    from lianfang.foundation.models import Account

    at = studio.at("08:41")
    actor = load_actor(Account.objects.get(username=studio.users["grade_head"]), at, "screenshots")
    sign(Signing(studio.own_class.parent, DAY), actor, at, uuid.uuid5(uuid.NAMESPACE_OID, "own grade"))


def _second_roster(studio: Studio, now: datetime) -> None:
    """A few rows of a re-import: a newcomer, a move, a wrong ID number, an unreadable class."""
    if "import" in studio.notes:
        return
    from lianfang.exchange.actions import preview, upload_roster
    from lianfang.exchange.sheets import write_xlsx
    from lianfang.foundation.actor import load_actor
    from lianfang.foundation.models import Account
    from lianfang.people.models import Membership

    grade = Membership.objects.filter(unit__parent=studio.own_class.parent, kind="student").order_by("unit", "order")
    rows = [["学号", "姓名", "性别", "身份证号", "班级", "监护人1姓名", "监护人1电话"]]
    for place, member in enumerate(grade.select_related("person", "unit")):
        klass = member.unit.name if place != 1 else studio.own_class.name
        if place != 2:
            rows.append([member.number, member.person.name, "", "", klass, "", ""])
    rows.append(["X20240299", "陆安然", "女", "330199201801150028", "三（2）班", "陆建国", "19900001111"])
    rows.append(["X20240298", "顾承宇", "男", "330199201713450012", "三（2）班", "", ""])
    rows.append(["X20240297", "韩书瑶", "女", "", "三年级快班", "", ""])
    rows.append(["X20240296", "许知远", "男", "", "三（1）班", "许磊", "1990000"])
    rows.append(["X20240295", "段沐晴", "女", "", "三（1）班", "段鹏", "19900002222"])
    actor = load_actor(Account.objects.get(username=studio.users["system_admin"]), now, "screenshots")
    row = upload_roster(
        actor, now, institution=studio.demo.primary, name="三年级新名单.xlsx", content=write_xlsx([("学生", rows)])
    )
    studio.notes["import"] = preview(actor, now, roster_import=row).pk


@contextmanager
def serving(studio: Studio, hour: str) -> Iterator[str]:
    """The web process with its clock at an hour of the day; yields its address."""
    from lianfang.config.commands.up import web_command

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = {**os.environ, "LIANFANG_CLOCK_START": studio.at(hour).isoformat(), "LIANFANG_HOSTS": "127.0.0.1"}
    process = subprocess.Popen(web_command("127.0.0.1", port, 1), env=env, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            except (OSError, urllib.error.HTTPError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the web process did not start") from None
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def take(browser: Any, base: str, studio: Studio, shot: Shot) -> int:
    """Take one picture; returns its size in bytes."""
    context = browser.new_context(
        base_url=base,
        locale="en-GB" if shot.language == "en" else "zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if shot.dark else "light",
        **cast(dict[str, Any], DEVICES[shot.device]),
    )
    try:
        session = studio.cookie(shot.role)
        cookies = [{"name": "lianfang_lang", "value": shot.language, "url": base}]
        if session:
            cookies.append({"name": "sessionid", "value": session, "url": base})
        context.add_cookies(cookies)
        page = context.new_page()
        page.clock.set_fixed_time(studio.at(shot.hour))
        answer = page.goto(shot.path(studio), wait_until="load")
        if answer is None or answer.status != 200:
            raise RuntimeError(f"{shot.name}: {shot.path(studio)} answered {answer.status if answer else 'nothing'}")
        page.wait_for_timeout(400)
        if shot.act is not None:
            shot.act(page, studio)
        target = TARGET / f"{shot.name}.png"
        page.screenshot(path=str(target), full_page=shot.full, animations="disabled")
        return target.stat().st_size
    finally:
        context.close()


def main(argv: list[str] | None = None) -> int:
    """Take the pictures; 1 when one is larger than it may be."""
    parser = argparse.ArgumentParser(prog="lianfang screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", help="only pictures whose names begin so")
    names = parser.parse_args(argv).names
    chosen = [shot for shot in SHOTS if not names or shot.name.startswith(tuple(names))]
    if not chosen:
        print("no such picture; there are: " + ", ".join(shot.name for shot in SHOTS), file=sys.stderr)
        return 2
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lianfang-screenshots-") as place:
        return _all(Path(place) / "data", chosen)


def _all(folder: Path, chosen: list[Shot]) -> int:
    from dev.browser import bring
    from lianfang.config.environment import collect_static, migrate, set_up

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    os.environ["LIANFANG_SECRET_DIR"] = f"{folder}.keys"
    os.environ["LIANFANG_HOSTS"] = "127.0.0.1,testserver"
    folder.mkdir(mode=0o700)
    (folder / "demo").touch()
    set_up(str(folder))
    migrate()
    collect_static(folder)
    studio = Studio(folder)
    make_demo(studio)
    too_large = []
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=bring(), args=["--no-sandbox", "--no-first-run"])
        for hour in sorted({shot.hour for shot in chosen}):
            move_on(studio, hour)
            with serving(studio, hour) as base:
                for shot in (s for s in chosen if s.hour == hour):
                    size = take(browser, base, studio, shot)
                    print(f"{shot.name}.png  {size // 1000} KB", flush=True)
                    if size > LIMIT:
                        too_large.append(shot.name)
        browser.close()
    if too_large:
        print(f"larger than {LIMIT // 1000} KB: {', '.join(too_large)}", file=sys.stderr)
    return 1 if too_large else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""The replays arrive at the published figures, through the same actions as a real morning."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client

import lianfang
from lianfang.config.replay.datasets import DATASETS
from lianfang.config.replay.play import Replay, ReplayExists, play, prepare
from lianfang.daily.models import RollCheck, RollMark
from lianfang.duties.models import Duty
from lianfang.foundation import journal
from lianfang.foundation.models import Unit
from lianfang.foundation.realm import REAL, in_realm
from lianfang.reporting.models import Report
from tests.district import SETUP

DATA = Path(lianfang.__file__).parent / "data"
TARGET = date(2026, 9, 7)


def published(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def run(name: str) -> Replay:
    replay = prepare(name, TARGET, SETUP)
    play(replay, lambda day, absent: None)
    return replay


@pytest.mark.django_db
@pytest.mark.slow
def test_the_boarding_school_has_the_published_counts_on_every_day() -> None:
    replay = run("boarding-school")
    with in_realm(replay.realm.key):
        seen: dict[date, Counter[str]] = {}
        for day, diagnosis in RollMark.objects.values_list("day", "diagnosis"):
            seen.setdefault(day, Counter())[diagnosis] += 1
        rows = published("boarding_school_influenza_1978.csv")
        assert len(rows) == 14
        for row in rows:
            day = date.fromisoformat(row["date"]) + replay.data.shift
            assert seen[day]["卧床"] == int(row["confined_to_bed"]), day
            assert seen[day]["康复期"] == int(row["convalescent"]), day
            checks = RollCheck.objects.filter(day=day)
            assert sum(checks.values_list("expected", flat=True)) == 763
            report = Report.objects.get(day=day)
            assert report.figures["absent_ill"] == int(row["confined_to_bed"]) + int(row["convalescent"])
            assert report.verdict == "has_cases"
    assert not RollCheck.all_realms.filter(realm_id=REAL).exists()
    assert not Duty.all_realms.filter(realm_id=REAL).exists()


@pytest.mark.django_db
@pytest.mark.slow
def test_hagelloch_has_the_onsets_of_the_file_and_the_absences_of_the_rule() -> None:
    replay = run("hagelloch")
    rows = published("hagelloch_measles_1861.csv")
    shift = replay.data.shift
    days = list(replay.days())
    assert all(day.weekday() < 5 for day in days)
    with in_realm(replay.realm.key):
        onsets = Counter(RollMark.objects.order_by("person_id").distinct().values_list("person_id", "onset"))
        by_file = Counter(date.fromisoformat(r["prodrome_onset"]) + shift for r in rows)
        assert len(onsets) == 188
        assert Counter(onset for _person, onset in onsets) == by_file
        for day in days:
            absent, alive = 0, 0
            for r in rows:
                died = date.fromisoformat(r["died_on"]) + shift if r["died_on"] else date.max
                began = date.fromisoformat(r["prodrome_onset"]) + shift
                back = date.fromisoformat(r["rash_onset"]) + shift + timedelta(days=5)
                alive += day < died
                absent += began <= day < min(back, died)
            report = Report.objects.get(day=day)
            assert report.figures["absent_ill"] == absent, day
            assert report.figures["expected"] == alive, day
    journal.seal(SETUP)
    assert list(journal.verify()) == []


@pytest.mark.django_db
def test_the_days_between_events_stay_and_the_first_is_a_monday() -> None:
    for name, make in DATASETS.items():
        data = make(TARGET)
        assert data.first.weekday() == 0, name
        assert min(c.onset for c in data.children if c.onset) == data.first
        assert make(TARGET + timedelta(days=7)).first - data.first == timedelta(days=7)


@pytest.mark.django_db
def test_a_replay_is_made_once_in_a_folder() -> None:
    prepare("hagelloch", TARGET, SETUP)
    with pytest.raises(ReplayExists):
        prepare("hagelloch", TARGET, SETUP)


@pytest.mark.django_db
def test_every_page_of_a_replay_says_that_it_is_none_of_the_real_ones(client: Client) -> None:
    replay = prepare("hagelloch", TARGET, SETUP)
    with in_realm(replay.realm.key):
        client.force_login(replay.account)
        page = client.get("/account").content.decode()
        classes = [unit.name for unit in Unit.objects.filter(level="class").order_by("order")]
    assert "演练或重放：这里的记录不是真实情况。" in page
    assert classes == ["学前班", "一年级班", "二年级班"]
    assert "演练或重放" not in Client().get("/login").content.decode()

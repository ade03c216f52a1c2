"""Deadlines in words: a table of cases seen from one instant."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from lianfang.ui.clockwords import due_words

NOW = datetime(2026, 3, 4, 0, 35, tzinfo=UTC)  # Wednesday 08:35 in China


def after(**parts):
    return NOW + timedelta(**parts)


@pytest.mark.parametrize(
    "at, done_at, words, when, role",
    [
        (after(minutes=145), None, "还剩 2 小时 25 分钟", "11:00", "muted"),
        (after(minutes=31), None, "还剩 31 分钟", "09:06", "muted"),
        (after(minutes=30), None, "还剩 30 分钟", "09:05", "attention"),
        (after(seconds=59), None, "还剩 不到 1 分钟", "08:35", "attention"),
        (after(), None, "还剩 不到 1 分钟", "08:35", "attention"),
        (after(seconds=-1), None, "已过 不到 1 分钟", "08:34", "late"),
        (after(minutes=-95), None, "已过 1 小时 35 分钟", "07:00", "late"),
        (after(days=1, hours=2, minutes=5), None, "还剩 1 天 2 小时", "3月5日 10:40", "muted"),
        (after(days=-40), None, "已过 40 天", "1月23日 08:35", "late"),
        (after(minutes=-30), after(minutes=-30), "按时完成", "08:05", "ok"),
        (after(minutes=-30), after(minutes=-29, seconds=-59), "晚了 不到 1 分钟", "08:05", "late"),
        (after(minutes=-60), after(minutes=-12), "晚了 48 分钟", "07:35", "late"),
    ],
)
def test_the_distance_to_a_deadline(at, done_at, words, when, role):
    with translation.override("zh-hans"):
        seen = due_words(at, NOW, done_at)
    assert (seen.words, seen.when, seen.role) == (words, when, role)


def test_in_english_one_is_not_many():
    with translation.override("en"):
        assert due_words(after(minutes=61), NOW).words == "1 hour 1 minute left"
        assert due_words(after(minutes=122), NOW).words == "2 hours 2 minutes left"


def test_without_now_only_the_hour_is_said():
    assert due_words(NOW, None).words == ""
    assert due_words(NOW, None).when == "08:35"


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="aware"):
        due_words(NOW.replace(tzinfo=None), NOW)

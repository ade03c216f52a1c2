"""Short words, tones and icons for what was said about a person, in the reader's language. Pages and scripts share them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lianfang.daily.queries.roll import KnownAbsence, RollRow
from lianfang.daily.rules import Mark, Statement, Vocabulary, session_label
from lianfang.daily.rules.marks import LATE, LEFT_EARLY
from lianfang.kernel.clock import zone
from lianfang.kernel.labels import Label
from lianfang.kernel.temperature import INSTRUMENT_LABELS, SITE_LABELS


class Word(NamedTuple):
    """A short word with a role of the status colours and an icon."""

    text: str
    tone: str
    icon: str


def say(label: Label) -> str:
    """A label in the reader's language."""
    return label.text(get_language() or "zh")


def mark_word(mark: Mark, words: Vocabulary) -> Word:
    """What stands on the tile of a person with an exception."""
    if mark.absent:
        if mark.counts_as == "ill":
            return Word(_("病缺"), "danger", "bed")
        if mark.counts_as == "unknown":
            return Word(_("不明"), "late", "help-circle")
        return Word(_("事缺"), "excused", "user-off")
    if mark.fever:
        return Word(_("发热"), "danger", "temperature")
    if mark.presence == LEFT_EARLY:
        return Word(_("早退"), "attention", "door-exit")
    if mark.symptoms:
        return Word(_("不适"), "attention", "mood-sick")
    if mark.presence == LATE:
        return Word(_("迟到"), "info", "clock")
    return Word(_("已核实"), "ok", "user-check")


def symptom_words(symptoms: Sequence[str], words: Vocabulary) -> list[str]:
    """Names of symptoms, in the order given."""
    return [say(words.symptoms[s].label) if s in words.symptoms else s for s in symptoms]


def cause_word(cause: str, words: Vocabulary) -> str:
    """The name of a cause of absence."""
    return say(words.causes[cause].label) if cause in words.causes else cause


def degrees(temperature: Decimal | None) -> str:
    return f"{temperature} ℃" if temperature is not None else ""


def body_words(symptoms: Sequence[str], temperature: Decimal | None, fever: bool, words: Vocabulary) -> str:
    """Symptoms and reading in one line, fever first: 发热 38.2 ℃、咳嗽."""
    parts = []
    if fever:
        parts.append(f"{_('发热')} {degrees(temperature)}".strip())
    elif temperature is not None:
        parts.append(f"{_('体温')} {degrees(temperature)}")
    parts += symptom_words([s for s in symptoms if s != "fever"], words)
    return _("、").join(parts)


def mark_detail(mark: Mark, words: Vocabulary) -> str:
    """Everything else about an exception in one line."""
    parts = [cause_word(mark.cause, words)] if mark.absent else []
    parts.append(body_words(mark.symptoms, mark.temperature, mark.fever, words))
    parts += [mark.diagnosis, mark.hospital]
    if mark.onset is not None:
        parts.append(_("%(day)s 发病") % {"day": short_day(mark.onset)})
    return " · ".join(p for p in parts if p)


WHO = {"self": Label("本人", "Self"), "guardian": Label("家长", "Guardian"), "class": Label("老师代报", "Class")}


def statement_words(said: Statement, words: Vocabulary, tz: str) -> str:
    """A report in one line: 家长 07:05 报告：发热 38.2 ℃、咳嗽."""
    parts = []
    if said.absent:
        parts.append(_("今天不到校（%(cause)s）") % {"cause": cause_word(said.cause, words)})
    body = body_words(said.symptoms, said.temperature, said.fever, words)
    if body:
        parts.append(body)
    if not said.kinds:
        parts.append(_("一切正常"))
    return _("%(who)s %(time)s 报告：%(what)s") % {
        "who": say(WHO[said.channel]),
        "time": clock(said.received_at, tz),
        "what": _("、").join(parts),
    }


def known_words(known: KnownAbsence, words: Vocabulary) -> str:
    """A carried-over absence in one line: 9月14日起缺勤，今天第 2 天 · 因病 · 流感."""
    since = _("%(day)s起缺勤，今天是第 %(count)s 天") % {"day": short_day(known.since), "count": known.school_days}
    parts = [since, cause_word(known.mark.cause, words), known.mark.diagnosis, known.mark.hospital]
    return " · ".join(p for p in parts if p)


def earlier_lines(row: RollRow, words: Vocabulary, tz: str) -> list[str]:
    """What was known before this roll: an absence carried over, what the class said today, an early leave."""
    lines = []
    said = row.said_in_class
    if said is not None and said.mark is not None and said.mark.absent:
        what = {
            "unit": said.unit,
            "session": say(session_label(said.session)),
            "cause": cause_word(said.mark.cause, words),
        }
        lines.append(_("%(unit)s %(session)s缺勤（%(cause)s）") % what)
    elif row.known is not None and said is None:
        lines.append(known_words(row.known, words))
        lines += [statement_words(s, words, tz) for s in row.reports if not s.kinds]
    if row.left is not None:
        lines.append(_("%(time)s 提前离校") % {"time": clock(row.left.at, tz)})
    return lines


def short_day(day: date) -> str:
    """Month and day as one says it: 9月14日."""
    return date_format(day, _("n月j日"))


def clock(at: datetime, tz: str) -> str:
    """The local time of day of an instant, HH:MM."""
    return timezone.localtime(at, zone(tz)).strftime("%H:%M")


def symptom_options(words: Vocabulary, *, quick: bool) -> list[dict[str, Any]]:
    """Options of the chips: those of the first screen, or the others."""
    return [
        {"value": s.id, "label": say(s.label), "note": say(s.help) if s.help else ""}
        for s in words.symptoms.values()
        if s.quick == quick
    ]


def cause_options(words: Vocabulary) -> list[dict[str, str]]:
    """Options of causes, the frequent ones first."""
    listed = sorted(words.causes.values(), key=lambda c: not c.quick)
    return [{"value": c.id, "label": say(c.label)} for c in listed]


def site_options() -> list[dict[str, str]]:
    return [{"value": site.value, "label": say(label)} for site, label in SITE_LABELS.items()]


def instrument_options() -> list[dict[str, str]]:
    return [{"value": tool.value, "label": say(label)} for tool, label in INSTRUMENT_LABELS.items()]

"""The roll on one screen: look, tap, done. With a script it works without network; without one it is a plain form."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import BadRequest
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from pydantic import TypeAdapter, ValidationError

from lianfang.daily import queries, words
from lianfang.daily.actions import CheckItem, save_check
from lianfang.daily.forms import PRESENCES, MarkForm, day_of, row_id
from lianfang.daily.perms import CHECK_SAVE, LEAVE_RECORD, OWN_ROLL_ROLES, ROLL_VIEW
from lianfang.daily.queries.roll import Roll, RollRow
from lianfang.daily.reach import reach_of, unit_within
from lianfang.daily.rules import Mark, MarkInput, Vocabulary, session_label, session_now
from lianfang.daily.schemas import MarkIn
from lianfang.daily.vocabularies import vocabulary_at
from lianfang.foundation.access import access
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, Invalid
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import at_local, local_date, zone

_MARKS = TypeAdapter(list[MarkIn])


@require_safe
@access(ROLL_VIEW)
def index(request: HttpRequest) -> HttpResponse:
    """Straight to the own roll; for who has several or looks after many, the list with what is checked."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = request.now  # type: ignore[attr-defined]
    own = queries.own_rolls(actor, now)
    listed = queries.rolls_within(actor, now)
    mine = set(actor.units_of(*(role for roles in OWN_ROLL_ROLES.values() for role in roles)))
    if len(listed) == 1 and listed[0].unit.pk in mine and len(own) <= 1:
        return redirect("daily:roll_now", listed[0].unit.pk)
    shown = {(r.unit.pk, r.session) for r in own}
    groups = [
        {
            "title": title,
            "rows": [_line(r) for r in listed if r.unit.level == level and (r.unit.pk, r.session) not in shown],
        }
        for level, title in _GROUPS
    ]
    context = {"own": [_line(r) for r in own], "groups": [g for g in groups if g["rows"]], "day": local_date(now)}
    return render(request, "daily/index.html", context)


_GROUPS = (
    ("class", gettext_lazy("班级")),
    ("dormitory", gettext_lazy("宿舍")),
    ("department", gettext_lazy("部门")),
    ("vehicle", gettext_lazy("校车")),
)


def _line(r: queries.OwnRoll) -> dict[str, Any]:
    return {"unit": r.unit, "session": words.say(r.label), "check": r.check, "link": r.link}


@require_safe
@access(ROLL_VIEW)
def roll_now(request: HttpRequest, unit_id: int) -> HttpResponse:
    """The session of this hour."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    unit = unit_within(actor, ROLL_VIEW, unit_id)
    at = timezone.localtime(actor.now, zone(time_zone_of(unit))).time()
    session = queries.lesson_now(unit, actor.now) or session_now(unit.level, at)
    return redirect("daily:roll", unit.pk, session)


@require_http_methods(["GET", "HEAD", "POST"])
@access(ROLL_VIEW)
def roll_page(request: HttpRequest, unit_id: int, session: str) -> HttpResponse:
    """The roll of a session; `?day=` for another day. A POST comes from browsers without a script."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    roll = queries.roll(actor, unit_id, day_of(request.GET), session, request.now)  # type: ignore[attr-defined]
    if request.method == "POST":
        return _posted(request, actor, roll)
    return render(request, "daily/roll.html", _context(actor, roll))


def _context(actor: Actor, roll: Roll) -> dict[str, Any]:
    vocabulary = vocabulary_at(roll.unit, roll.day)
    may_save = reach_of(actor, CHECK_SAVE).covers(roll.unit.path, roll.unit.level) and bool(roll.rows)
    tiles = [_tile(row, place, roll, vocabulary) for place, row in enumerate(roll.rows, 1)]
    return {
        "roll": roll,
        "session": words.say(session_label(roll.session, roll.unit.level)),
        "tiles": tiles,
        "special": sorted((t for t in tiles if t["lines"] or (t["word"] and roll.check)), key=lambda t: not t["open"]),
        "open": [t for t in tiles if t["open"]],
        "marks": _json([asdict(_mark_data(row.mark)) for row in roll.rows if row.mark]),
        "may_save": may_save,
        "may_record": roll.unit.level in ("class", "dormitory") and actor.can(LEAVE_RECORD),
        "may_cover": roll.unit.level in ("class", "dormitory"),
        "today": roll.day == local_date(actor.now, roll.time_zone),
        "client_id": uuid.uuid4(),
        "absent": sum(1 for row in roll.rows if row.mark and row.mark.absent),
        "data": _script_data(actor, roll, tiles, vocabulary) if may_save else None,
        "presences": PRESENCES,
        "quick": words.symptom_options(vocabulary, quick=True),
        "more": words.symptom_options(vocabulary, quick=False),
        "causes": words.cause_options(vocabulary),
        "sites": words.site_options(),
        "instruments": words.instrument_options(),
        "fever_from": vocabulary.limit(""),
        "received": words.clock(roll.check.received_at, roll.time_zone) if roll.check else "",
    }


@dataclass(frozen=True, slots=True)
class MarkData:
    """A mark as the page's script and hidden field carry it: the same shape that the API takes."""

    person_id: int
    presence: str
    cause: str
    symptoms: list[str]
    temperature: str | None
    site: str
    instrument: str
    onset: str | None
    diagnosis: str
    hospital: str
    note: str
    answers: list[int]


def _mark_data(m: Mark) -> MarkData:
    return MarkData(
        person_id=m.person_id,
        presence=m.presence,
        cause=m.cause,
        symptoms=list(m.symptoms),
        temperature=str(m.temperature) if m.temperature is not None else None,
        site=m.site,
        instrument=m.instrument,
        onset=m.onset.isoformat() if m.onset else None,
        diagnosis=m.diagnosis,
        hospital=m.hospital,
        note=m.note,
        answers=list(m.answers),
    )


def _tile(row: RollRow, place: int, roll: Roll, vocabulary: Vocabulary) -> dict[str, Any]:
    """One person as the page draws it: place on the list, word and tone of the exception, lines about what is known."""
    word = words.mark_word(row.mark, vocabulary) if row.mark is not None else None
    lines = [words.statement_words(said, vocabulary, roll.time_zone) for said in row.reports if said.kinds]
    lines += words.earlier_lines(row, vocabulary, roll.time_zone)
    return {
        "id": row.member.person_id,
        "name": row.member.name,
        "place": row.member.order or place,
        "word": word,
        "open": [c.report_id for c in row.open],
        "lines": lines,
        "room": row.room,
        "detail": words.mark_detail(row.mark, vocabulary) if row.mark is not None else "",
    }


def _script_data(actor: Actor, roll: Roll, tiles: list[dict[str, Any]], vocabulary: Vocabulary) -> dict[str, Any]:
    noon = at_local(roll.day, time(12), roll.time_zone)
    return {
        "unit": roll.unit.pk,
        "day": roll.day,
        "session": roll.session,
        "key": f"roll:{roll.unit.pk}:{roll.day}:{roll.session}",
        "kind": words.say(session_label(roll.session, roll.unit.level)),
        "label": f"{roll.unit.name} {words.short_day(roll.day)}",
        "offset": timezone.localtime(noon, zone(roll.time_zone)).strftime("%z"),
        "today": roll.day == local_date(actor.now, roll.time_zone),
        "check": roll.check.check_id if roll.check else None,
        "expected": roll.expected,
        "marks": [asdict(_mark_data(row.mark)) for row in roll.rows if row.mark],
        "open": {t["id"]: t["open"] for t in tiles if t["open"]},
        "answers": {row.member.person_id: row.answerable for row in roll.rows if row.answerable},
        "lines": {t["id"]: t["lines"] for t in tiles if t["lines"]},
        "causes": {c.id: [words.say(c.label), c.counts_as, list(c.asks)] for c in vocabulary.causes.values()},
        "symptoms": {s.id: words.say(s.label) for s in vocabulary.symptoms.values()},
        "fever": vocabulary.fever_from,
        "text": _texts(),
    }


def _texts() -> dict[str, str]:
    """Words of the page's script; `{n}` and the like are filled in there."""
    return {
        "all_well": _("全部到校且健康"),
        "rest_well": _("确认：其余 {n} 人到校且健康"),
        "nobody_else": _("确认以上结果"),
        "first": _("先核实 {n} 人的说法不一"),
        "correct": _("提交更正"),
        "correct_it": _("更正"),
        "summary": _("应到 {expected} · 实到 {present} · 缺勤 {absent}"),
        "ill": _("病缺"),
        "other": _("事缺"),
        "unknown": _("不明"),
        "fever": _("发热"),
        "left_early": _("早退"),
        "symptoms": _("不适"),
        "late": _("迟到"),
        "looked": _("已核实"),
        "looked_well": _("核实无异常"),
        "here_well": _("到校，无异常"),
        "open": _("说法不一"),
        "known": _("待确认"),
        "need_cause": _("请选择缺勤原因；还不知道就选“原因不明”。"),
        "need_time": _("请填写纸质名单上的检查时间。"),
        "odd_temperature": _("这个体温不在 34–43 ℃ 之间，请再量一次或改正。"),
        "queued": _("已存在本机，等待发送。没有网络也可以离开此页，联网后自动送达。"),
        "sending": _("正在发送…"),
        "done": _("已送达 {time}。谢谢！"),
        "login": _("登录已过期，结果已存在本机。重新登录后自动送达。"),
        "attention": _("没有被接受，内容已保留。请按提示核实后再提交。"),
        "not_kept": _("没有送达，也无法存在本机。请不要关闭此页，检查网络后再试。"),
        "replaced": _("已有别人提交了这一时段的结果。您填的内容已保留，请刷新后核对。"),
    }


def _posted(request: HttpRequest, actor: Actor, roll: Roll) -> HttpResponse:
    """A form from a browser without a script: confirm what is shown, or go through the exceptions one by one."""
    vocabulary = vocabulary_at(roll.unit, roll.day)
    marks = _given_marks(request)
    if request.POST.get("action") == "confirm" and not roll.open:
        return _save(request, actor, roll, [m.mark() for m in marks], None)
    if "listed" not in request.POST:
        listed = [m.person_id for m in marks] + [row.member.person_id for row in roll.open]
        return _edit(request, roll, _with(listed, request.POST.get("edit")), vocabulary)
    listed = [int(i) for i in request.POST.getlist("listed") if _is_id(i)]
    forms = {i: MarkForm(request.POST, prefix=f"p{i}", words=vocabulary) for i in listed}
    if request.POST.get("action") != "save":
        return _edit(request, roll, _with(listed, request.POST.get("edit")), vocabulary, forms)
    kept = [i for i in listed if f"drop{i}" not in request.POST]
    if [i for i in kept if not forms[i].is_valid()]:
        return _edit(request, roll, listed, vocabulary, forms, status=422)
    answers = {row.member.person_id: row.answerable for row in roll.rows}
    given = [forms[i].mark(i, answers.get(i, [])) for i in kept]
    return _save(request, actor, roll, given, forms)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _with(listed: list[int], more: str | None) -> list[int]:
    return list(dict.fromkeys([*listed, *([int(more)] if more and _is_id(more) else [])]))


def _given_marks(request: HttpRequest) -> list[MarkIn]:
    try:
        return _MARKS.validate_json(request.POST.get("marks") or "[]")
    except ValidationError:
        raise BadRequest("marks") from None


def _edit(
    request: HttpRequest,
    roll: Roll,
    listed: list[int],
    vocabulary: Vocabulary,
    forms: dict[int, MarkForm] | None = None,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page with one fieldset per exception."""
    rows = {row.member.person_id: row for row in roll.rows}
    people = []
    for person_id in listed:
        row = rows.get(person_id)
        if row is None:
            continue
        form = (forms or {}).get(person_id) or MarkForm(
            initial=MarkForm.initial_of(row.mark), prefix=f"p{person_id}", words=vocabulary
        )
        lines = [words.statement_words(s, vocabulary, roll.time_zone) for s in row.reports]
        lines += [words.known_words(row.known, vocabulary)] if row.known else []
        people.append({"row": row, "form": form, "lines": lines})
    context = {
        "roll": roll,
        "session": words.say(session_label(roll.session, roll.unit.level)),
        "people": people,
        "others": [row.member for row in roll.rows if row.member.person_id not in set(listed)],
        "errors": [{"href": "", "text": text} for text in errors or []],
        "client_id": request.POST.get("client_id") or uuid.uuid4(),
        "today": roll.day == local_date(request.actor.now, roll.time_zone),  # type: ignore[attr-defined]
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "daily/roll_edit.html", context, status=status)


def _save(
    request: HttpRequest, actor: Actor, roll: Roll, given: list[MarkInput], forms: dict[int, MarkForm] | None
) -> HttpResponse:
    try:
        item = CheckItem(
            actor=actor,
            client_id=uuid.UUID(request.POST.get("client_id", "")),
            unit_id=roll.unit.pk,
            day=roll.day,
            session=roll.session,
            marks=given,
            true_at=_told_time(request, roll.day, roll.time_zone),
            on_paper="on_paper" in request.POST,
            corrects=row_id(request.POST.get("corrects", "")),
            reason=request.POST.get("reason", ""),
        )
    except ValueError:
        raise BadRequest("client_id") from None
    try:
        save_check(item)
    except (Invalid, Conflict) as error:
        found = error.errors if isinstance(error, Invalid) else ()
        rest = [str(error.message)] if isinstance(error, Conflict) else []
        for fault in found:
            parts = fault.field.split(".")
            index = int(parts[1]) if parts[0] == "marks" and parts[1].isdecimal() else None
            form = (forms or {}).get(given[index].person_id) if index is not None and index < len(given) else None
            if form is not None and parts[-1] in form.fields:
                form.add_error(parts[-1], str(fault.message))
            else:
                rest.append(str(fault.message))
        listed = [mark.person_id for mark in given] + [row.member.person_id for row in roll.open]
        return _edit(
            request, roll, _with(listed, None), vocabulary_at(roll.unit, roll.day), forms, rest, status=error.status
        )
    return redirect(f"{request.path}?day={roll.day.isoformat()}")


def _told_time(request: HttpRequest, day: date, tz: str) -> datetime | None:
    """The time written on the paper sheet, None when the roll is called now. Raises ValueError for no time of day."""
    told = request.POST.get("paper_time", "")
    return at_local(day, told, tz) if told else None


def _json(data: Any) -> str:
    """For a hidden field."""
    return json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))

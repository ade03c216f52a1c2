"""Boards and reports as pages show them: labels in the reader's language, local hours, links to what is under a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lianfang.daily.perms import ROLL_VIEW
from lianfang.duties.perms import CHASE_VIEW
from lianfang.foundation.actor import Actor
from lianfang.kernel.clock import as_utc, zone
from lianfang.kernel.labels import Label
from lianfang.reporting import rules
from lianfang.reporting.kinds import lowest_level, tables_for
from lianfang.reporting.models import Report
from lianfang.reporting.picture import Line
from lianfang.reporting.queries import Board, Row
from lianfang.reporting.statuses import GROUP
from lianfang.reporting.wording import instant_words, reason_words
from lianfang.rulepacks import packs
from lianfang.rulepacks.catalogs.reporting import ReportKind
from lianfang.ui.clockwords import duration_words

MAIN_FIELDS = ("expected", "present", "absent_ill", "fever", "symptomatic", "unanswered")


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the kind as a column: its short and its full name."""

    name: str
    short: str
    label: str
    case: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One count: `value` None where it is hidden; `was` what was signed, where that differs."""

    column: Column
    value: int | None
    was: int | None = None
    hidden: bool = False


def in_language(label: Label | None) -> str:
    """A rule pack's text in the reader's language; empty for none."""
    return label.text(get_language() or "") if label is not None else ""


def columns(kind: ReportKind) -> list[Column]:
    return [
        Column(name, in_language(item.short or item.label), in_language(item.label), item.case)
        for name, item in kind.fields.items()
    ]


def cells(
    kind: ReportKind, counts: Mapping[str, int | None] | None, was: Mapping[str, int] | None = None
) -> list[Cell]:
    """The counts of one unit in the order of the columns; empty when nothing came."""
    if counts is None:
        return []
    return [
        Cell(column, counts.get(column.name), (was or {}).get(column.name), counts.get(column.name, 0) is None)
        for column in columns(kind)
    ]


def differences(kind: ReportKind, changes: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """Changed fields with both counts, for people."""
    names = {column.name: column.label for column in columns(kind)}
    return [{"name": n, "label": names.get(n, n), "before": a, "after": b} for n, (a, b) in changes.items()]


def board_url(name: str, board: Board, **more: Any) -> str:
    """The address of a page about a board's unit and day."""
    return address(name, board.kind.id, board.unit.pk, board.picture.day, **more)


def address(name: str, kind_id: str, unit_id: int, day: date, **more: Any) -> str:
    return reverse(f"reporting:{name}", args=[kind_id, unit_id, day.isoformat(), *more.values()])


def check_url(actor: Actor, board: Board) -> str:
    """The page of `daily` with who is behind a class's counts; "" for who may not see the roll."""
    if not actor.scope(ROLL_VIEW).covers_path(board.unit.path):
        return ""
    day, session = board.picture.day.isoformat(), board.kind.session
    return f"{reverse('daily:day', args=[board.unit.pk])}?day={day}&session={session}"


def status_key(state: str) -> str:
    """The key of a state in the status catalogue."""
    return f"{GROUP}.{state}" if state == "reported" else f"report.{state}"


def row_view(board: Board, row: Row) -> dict[str, Any]:
    """One line of a board."""
    line = row.line
    zone_name = line.owed.time_zone
    received = received_at(line)
    link = "" if row.reduced else address("board", board.kind.id, line.unit.pk, board.picture.day)
    if link and board.picture.known_at is not None:
        link += f"?known_at={exact_text(board.picture.known_at)}"
    return {
        "unit": line.unit,
        "level": in_language(line.owed.level.label),
        "url": link,
        "state": row.state,
        "status_key": status_key(row.state),
        "late": line.lateness.late and row.state != "missing",
        "late_by": duration_words(line.lateness.by) if line.lateness.late else "",
        "excuse": line.lateness.excuse,
        "received": instant_words(received, zone_name) if received is not None else "",
        "why": [reason_words(reason, zone_name) for reason in line.state.reasons],
        "cells": cells(board.kind, row.counts),
        "unsigned": line.source == "gathered" and line.report is None and line.state.value != "excused",
        "answered": row.answered,
        "below": row.below,
        "changes": differences(board.kind, row.changes),
        "members": line.members,
        "report": line.report,
        "corrected": line.answer is not None and line.answer.corrected and not row.reduced,
        "on_paper": line.answer is not None and line.answer.on_paper and not row.reduced,
        "outstanding": line.unit.pk in board.picture.gathered.outstanding,
    }


def received_at(line: Line) -> datetime | None:
    """When the first version of what a unit owed was received."""
    if line.report is not None:
        return line.report.first_signed_at
    return line.answer.first_received_at if line.answer is not None else None


def board_view(actor: Actor, board: Board, now: datetime) -> dict[str, Any]:
    """Everything that the board page and the signing form show."""
    line, gathered, kind = board.line, board.picture.gathered, board.kind
    zone_name = line.owed.time_zone
    known_at = board.picture.known_at
    row_views = [row_view(board, row) for row in board.rows]
    return {
        "board": board,
        "unit": board.unit,
        "kind": kind,
        "kind_label": in_language(kind.label),
        "level_label": in_language(line.owed.level.label),
        "day": board.picture.day,
        "columns": columns(kind),
        "rows": row_views,
        "state": line.state.value,
        "late": line.lateness.late,
        "late_by": duration_words(line.lateness.by) if line.lateness.late else "",
        "excuse": line.excuse,
        "why": [reason_words(reason, zone_name) for reason in line.state.reasons],
        "figures": cells(kind, board.figures),
        "main": [c for c in cells(kind, board.figures) if c.column.name in MAIN_FIELDS],
        "due_at": line.owed.hours.due_at,
        "due_words": instant_words(line.owed.hours.due_at, zone_name),
        "done_at": received_at(line),
        "report": board.report,
        "answer": line.answer,
        "answer_received": instant_words(line.answer.first_received_at, zone_name) if line.answer is not None else "",
        "changes": differences(kind, line.changes) if board.sight.plain else [],
        "counted": [{"key": status_key(key), "n": n} for key, n in sorted(board.counted.items())],
        "unanswered_note": unanswered_note(board.figures),
        "outstanding": outstanding_view(board),
        "broken": [in_language(kind.checks[index].label) for index in gathered.broken],
        "is_zero": rules.verdict(kind, gathered.figures).value == "confirmed_zero",
        "known_at": local_text(known_at, zone_name) if known_at is not None else "",
        "known_words": instant_words(known_at, zone_name) if known_at is not None else "",
        "time_zone": zone_name,
        "check_url": check_url(actor, board) if board.is_class else "",
        "chase_url": chase_url(actor, board),
        "tables": table_links(board),
        "now": now,
        "row_label": in_language(board.rows[0].line.owed.level.label) if board.rows else "",
    }


def unanswered_note(figures: Mapping[str, int] | None) -> str:
    """What stands under a count of cases while somebody has not answered: it is not the whole."""
    silent = (figures or {}).get("unanswered", 0)
    return _("未报的 %(n)s 人不在内") % {"n": silent} if silent else ""


def outstanding_view(board: Board) -> dict[str, Any]:
    """The units that have not answered, in words, and what a signer accepts about them as one list of ids."""
    gathered = board.picture.gathered
    return {
        "silent": [board.names[i] for i in gathered.unanswered if i in board.names],
        "unsigned": [board.names[i] for i in gathered.unsigned if i in board.names],
        "ids": ",".join(str(i) for i in gathered.outstanding),
        "n": len(gathered.outstanding),
    }


def chase_url(actor: Actor, board: Board) -> str:
    """The chase list of `duties` for a day, narrowed to the unit where that is reached; "" for who may not chase."""
    if not actor.can(CHASE_VIEW):
        return ""
    narrowed = f"unit={board.unit.pk}&" if actor.scope(CHASE_VIEW).covers_path(board.unit.path) else ""
    return f"{reverse('duties:chase')}?{narrowed}day={board.picture.day.isoformat()}"


def table_links(board: Board) -> list[dict[str, str]]:
    """Bureau tables that can be downloaded for a unit: at its level and above."""
    if board.is_class:
        return []
    return [
        {"label": in_language(table.label), "url": board_url("table", board, layout_id=table.id)}
        for table in tables_for(board.unit, board.kind.id, board.picture.day)
    ]


def local_text(at: datetime, zone_name: str) -> str:
    """An instant as an input of type datetime-local wants it, in a unit's zone."""
    return at.astimezone(zone(zone_name)).replace(tzinfo=None).isoformat(timespec="minutes")


def exact_text(at: datetime) -> str:
    """An instant to the microsecond for an address."""
    return as_utc(at).replace(tzinfo=None).isoformat() + "Z"


def version_views(kind: ReportKind, versions: Sequence[Report], zone_name: str) -> list[dict[str, Any]]:
    """The versions of a report, each with what it changed against the one before."""
    views = []
    before: Report | None = None
    for version in versions:
        changed = rules.difference(before.figures, version.figures) if before is not None else {}
        views.append(
            {
                "report": version,
                "signed": instant_words(version.signed_at, zone_name),
                "superseded": instant_words(version.superseded_at, zone_name) if version.superseded_at else "",
                "who": version.signed_by.display_name or version.signed_by.username,
                "changes": differences(kind, changed),
                "cells": cells(kind, version.figures),
            }
        )
        before = version
    return views


def unit_views(
    kind: ReportKind, units: Iterable[Mapping[str, Any]], day: date, *, linked: bool
) -> list[dict[str, Any]]:
    """The units that a report rests on, as its page lists them."""
    return [
        {
            "name": item["name"] or _("（已撤销的单位）"),
            "url": address("board", kind.id, item["unit"], day) if linked else "",
            "status_key": status_key(item["state"]),
            "late": item["late"] and item["state"] != "missing",
            "cells": cells(kind, item["counts"]),
        }
        for item in units
    ]


def recipient_words(capacities: Sequence[str]) -> list[str]:
    """Who receives a level's reports."""
    words = {"education": _("教育行政部门"), "disease_control": _("疾控机构"), "health": _("卫生健康部门")}
    return [words.get(str(capacity), str(capacity)) for capacity in capacities]


def level_views(kind: ReportKind, here: str) -> list[dict[str, Any]]:
    """The levels of a kind with hours and roles, for the page that explains a state."""
    roles = packs().roles
    return [
        {
            "label": in_language(level.label),
            "here": name == here,
            "opens": level.opens,
            "due": level.due,
            "grace": level.grace_minutes,
            "signers": [in_language(roles[role].label) for role in level.signed_by if role in roles],
            "check_is_report": name == lowest_level(kind),
            "next": in_language(kind.levels[level.next].label) if level.next is not None else "",
            "recipients": recipient_words(level.recipients),
        }
        for name, level in kind.levels.items()
    ]

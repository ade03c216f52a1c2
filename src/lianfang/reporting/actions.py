"""Writes of reporting: sign, amend, excuse a lateness."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.duties.actions import DutyKey, fulfil
from lianfang.duties.holders import delegations_in_force
from lianfang.duties.templates import kind_for_report
from lianfang.foundation import journal
from lianfang.foundation.access import one, permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, invalid
from lianfang.foundation.models import JournalSeal, Unit
from lianfang.foundation.receipts import Submission, earlier_answers, receipt
from lianfang.kernel.clock import local_date
from lianfang.kernel.errors import InputError
from lianfang.kernel.intake import ClientTime, reconcile
from lianfang.reporting import perms, rules
from lianfang.reporting.kinds import kind_for, lowest_level, packs_at
from lianfang.reporting.models import LatenessExcuse, Report
from lianfang.reporting.picture import Picture, picture
from lianfang.reporting.snapshot import basis_of, seen_mark
from lianfang.reporting.wording import instant_words, objection_words
from lianfang.rulepacks.catalogs.reporting import ReportKind

REASON_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Statement:
    """What a signer says. `seen` is the mark of the form that was looked at; `accepted_unanswered` the ids of the units
    that the signer names as not answered; `states_zero` that nothing happened in all the others."""

    client_id: uuid.UUID
    seen: str
    states_zero: bool = False
    accepted_unanswered: tuple[int, ...] = ()
    reason: str = ""
    true_at: datetime | None = None
    client_now: datetime | None = None


def sign_report(actor: Actor, now: datetime, *, kind_id: str, unit_id: int, day: date, statement: Statement) -> Report:
    """Sign a unit's report of a day; `statement.reason` says why it is late, if one wants to.

    The same client id again returns the same report. Raises Forbidden (no signer's post there), NotFound, Invalid
    (`day`, `states_zero`, `accepted_unanswered`, `reason`, `true_at`) and Conflict: already signed, or the facts have
    changed since the form was looked at.
    """
    unit = unit_for(actor, perms.REPORT_SIGN, unit_id)
    body = {"do": "sign", "kind": kind_id, "unit": unit.pk, "day": day, **_said(statement)}
    with transaction.atomic():
        _lock(unit)
        submission = Submission(actor.agent, statement.client_id, body)
        earlier = _answered_before(submission)
        if earlier is not None:
            return earlier
        kind, level_id = _signable(actor, now, unit, kind_id, day)
        standing = _standing(kind_id, unit, day)
        if standing is not None:
            raise Conflict(_signed_already(standing))
        made = picture(kind, unit, level_id, day, now)
        _open_for_signing(made, unit, day, now)
        _accept(made, statement)
        late = made.line.owed.hours.late_after < now
        report = _store(actor, now, made, statement, late_reason=statement.reason.strip() if late else "")
        _seal(actor, now, report, "reporting.report.signed", submission)
        duty = kind_for_report(kind_id, level_id, packs_at([unit], day)[unit.pk][0].duty_templates)
        if duty is not None:
            fulfil(actor, now, [DutyKey(duty, unit.pk, day.isoformat())])
        return report


def amend_report(actor: Actor, now: datetime, *, report_id: int, statement: Statement) -> Report:
    """Put an amendment beside a signed report: figures as the facts stand now, with a reason. The original stays.

    Raises Forbidden, NotFound, Invalid (`reason`, `states_zero`, `accepted_unanswered`, `seen` when nothing differs)
    and Conflict (amended meanwhile, or the facts have changed since the form was looked at).
    """
    scope = permit(actor, perms.REPORT_SIGN)
    original = one(Report.objects.filter(scope.unit_q("unit__path")).select_related("unit"), pk=report_id)
    unit = original.unit
    body = {"do": "amend", "report": original.pk, **_said(statement)}
    with transaction.atomic():
        _lock(unit)
        submission = Submission(actor.agent, statement.client_id, body)
        earlier = _answered_before(submission)
        if earlier is not None:
            return earlier
        kind, level_id = _signable(actor, now, unit, original.kind, original.day)
        standing = _standing(original.kind, unit, original.day)
        if standing is None or standing.pk != original.pk:
            raise Conflict(_("这份报告刚刚已有更正件，请打开最新的一份再更正。先前的内容都保留。"))
        if not statement.reason.strip():
            raise invalid("reason", "required", _("请写明更正的原因。"))
        made = picture(kind, unit, level_id, original.day, now)
        _accept(made, statement)
        if not _differs(original, made):
            raise invalid("seen", "unchanged", _("现在的数据与已签的一致，不需要更正。"))
        # Our clock may have been put back since: a report is never replaced before it was signed.
        Report.objects.filter(pk=original.pk).update(superseded_at=max(now, original.signed_at))
        amendment = _store(actor, now, made, statement, amends=original)
        _seal(actor, now, amendment, "reporting.report.amended", submission)
        return amendment


def excuse_lateness(
    actor: Actor, now: datetime, *, kind_id: str, unit_id: int, day: date, reason: str
) -> LatenessExcuse:
    """Accept the reason why a unit's report of a day was late. It stays late; both are shown.

    The institution's reporter for units inside, the education bureau's officer for institutions; never for what one
    signed oneself. Raises Forbidden, NotFound, Invalid (`reason`, `unit` when it is not late), Conflict (done already).
    """
    unit = unit_for(actor, perms.LATENESS_EXCUSE, unit_id)
    kind, level_id = kind_for(unit, kind_id, day)
    text = reason.strip()
    if not text or len(text) > REASON_LENGTH:
        raise invalid("reason", "length", _("请写明原因，最多 %(n)d 个字。") % {"n": REASON_LENGTH})
    with transaction.atomic():
        _lock(unit)
        line = picture(kind, unit, level_id, day, now).line
        if line.report is not None and line.report.signed_by_id == actor.account_id:
            raise Forbidden("one's own report")
        if not line.lateness.late:
            raise invalid("unit", "not_late", _("这一份没有迟报，不需要说明。"))
        if line.excuse is not None:
            raise Conflict(_("这一份的迟报原因已经认可过：%(reason)s") % {"reason": line.excuse.reason})
        row: LatenessExcuse = LatenessExcuse.objects.create(
            kind=kind_id, unit=unit, day=day, reason=text, excused_by_id=actor.account_id, excused_at=now
        )
        event = {"kind": kind_id, "day": day, "level": level_id}
        journal.write(
            actor, [journal.Event("reporting.lateness.excused", "lateness_excuse", row.pk, unit.pk, now, event)], now
        )
    return row


def may_sign(actor: Actor, unit: Unit, kind: ReportKind, level_id: str) -> bool:
    """Whether the actor holds a post that signs this level, at the unit or above it."""
    signers = kind.levels[level_id].signed_by
    return any(held.role in signers and str(unit.path).startswith(held.path) for held in actor.held)


def _said(statement: Statement) -> dict[str, Any]:
    return {
        "seen": statement.seen,
        "states_zero": statement.states_zero,
        "accepted_unanswered": sorted(statement.accepted_unanswered),
        "reason": statement.reason.strip(),
    }


def _answered_before(submission: Submission) -> Report | None:
    answer = earlier_answers([submission]).get((submission.source, submission.client_id))
    if answer is None:
        return None
    if isinstance(answer, Exception):
        raise answer
    earlier: Report = Report.objects.select_related("unit", "signed_by").get(pk=answer["report"])
    return earlier


def _signable(actor: Actor, now: datetime, unit: Unit, kind_id: str, day: date) -> tuple[ReportKind, str]:
    kind, level_id = kind_for(unit, kind_id, day)
    if level_id == lowest_level(kind):
        raise invalid("unit", "check_is_the_report", _("班级的晨检结果就是班级的报告，请在点名页更正。"))
    if not may_sign(actor, unit, kind, level_id):
        raise Forbidden("not a signer of this level")
    return kind, level_id


def _lock(unit: Unit) -> None:
    """One signature at a time for a unit, and a repeated one waits for the first; others may still refer to the unit."""
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)


def _standing(kind_id: str, unit: Unit, day: date) -> Report | None:
    rows = Report.objects.filter(kind=kind_id, unit=unit, day=day, superseded_at=None).select_related(
        "signed_by", "unit"
    )
    standing: Report | None = rows.first()
    return standing


def _signed_already(report: Report) -> str:
    words = {"who": report.signed_by.display_name or report.signed_by.username, "at": instant_words(report.signed_at)}
    return _("%(who)s 已于 %(at)s 签发，这一次没有再存。如数据有变，请在报告页更正。") % words


def _open_for_signing(made: Picture, unit: Unit, day: date, now: datetime) -> None:
    owed = made.line.owed
    if day > local_date(now, owed.time_zone) or now < owed.hours.opens_at:
        opens = {"at": instant_words(owed.hours.opens_at)}
        raise invalid("day", "not_open", _("还没有开始，%(at)s 起可以签发。") % opens)
    if made.line.state.value == "excused":
        raise invalid("day", "excused", _("当日按校历不需要上报；如应上报，请先更正校历。"))
    if (unit.begins is not None and day < unit.begins) or (unit.ends is not None and day >= unit.ends):
        raise NotFound("unit on that day")


def _accept(made: Picture, statement: Statement) -> None:
    """What the signer says must fit what the facts say now."""
    if statement.seen != seen_mark(made):
        raise Conflict(_("您核对之后数据又有变化，没有签发。请看一遍新的数据再签；已填的内容都保留着。"))
    found = rules.objections(
        made.kind,
        made.gathered,
        states_zero=statement.states_zero,
        accepted_unanswered=statement.accepted_unanswered,
    )
    problems = [FieldError(field, code, words) for field, code, words in map(objection_words, found)]
    if len(statement.reason) > REASON_LENGTH:
        problems.append(FieldError("reason", "length", _("说明最多 %(n)d 个字。") % {"n": REASON_LENGTH}))
    if problems:
        raise Invalid(problems)


def _differs(original: Report, made: Picture) -> bool:
    if rules.difference(original.figures, made.gathered.figures):
        return True
    before, after = original.basis, made.gathered
    return sorted(before["unanswered"]) != sorted(after.unanswered) or sorted(before["unsigned"]) != sorted(
        after.unsigned
    )


def _true_at(statement: Statement, now: datetime) -> datetime:
    if statement.true_at is None:
        return now
    try:
        return reconcile(ClientTime(statement.true_at, statement.client_now), now).true_at
    except InputError as error:
        raise invalid("true_at", error.kind, error.label.zh) from error


def _store(
    actor: Actor,
    now: datetime,
    made: Picture,
    statement: Statement,
    *,
    late_reason: str = "",
    amends: Report | None = None,
) -> Report:
    owed = made.line.owed
    stands_in = delegations_in_force([owed.unit], owed.level.signed_by, now)
    made_report: Report = Report.objects.create(
        kind=made.kind.id,
        kind_version=made.kind.version,
        level=owed.level_id,
        unit=owed.unit,
        day=made.day,
        verdict=rules.verdict(made.kind, made.gathered.figures).value,
        figures=dict(made.gathered.figures),
        basis=basis_of(made),
        due_at=owed.hours.due_at,
        grace_minutes=int(owed.hours.grace.total_seconds()) // 60,
        true_at=_true_at(statement, now),
        signed_at=now,
        first_signed_at=amends.first_signed_at if amends is not None else now,
        signed_by_id=actor.account_id,
        stand_in=any(away.to_account_id == actor.account_id for away in stands_in),
        late_reason=late_reason if amends is None else amends.late_reason,
        amends=amends,
        reason=statement.reason.strip() if amends is not None else "",
    )
    return made_report


def _seal(actor: Actor, now: datetime, report: Report, action: str, submission: Submission) -> None:
    """Journal the signature, give it its sealed place, and remember the client's id: all in this transaction."""
    body = {
        "kind": report.kind,
        "kind_version": report.kind_version,
        "level": report.level,
        "day": report.day,
        "verdict": report.verdict,
        "figures": report.figures,
        "amends": report.amends_id,
    }
    event = journal.Event(action, "report", report.pk, report.unit_id, report.true_at, body)
    (entry,) = journal.write(actor, [event], now)
    journal.seal(now)
    report.journal_seq = journal_place(entry.pk)
    Report.objects.filter(pk=report.pk).update(journal_seq=report.journal_seq)
    receipt(submission, {"report": report.pk}, now).save()


def journal_place(entry_id: int) -> int:
    """The sequence number under which an entry was sealed."""
    return int(JournalSeal.objects.get(entry_id=entry_id).seq)


def outstanding_ids(values: Iterable[str]) -> tuple[int, ...]:
    """Unit ids as a form sends them; what is no number is left out, and so not accepted."""
    return tuple(int(value) for value in values if value.isdecimal())

"""Any sequence of checks, corrections and replays: figures add up, and there is one effective check a session."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lianfang.daily.actions import CheckAnswer, CheckItem, save_checks
from lianfang.daily.models import RollCheck, RollMark
from lianfang.daily.queries import class_figures
from lianfang.daily.rules import MarkInput
from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.errors import Conflict, Invalid
from lianfang.foundation.models import JournalEntry, Receipt
from tests.daily.cast import DAY, MORNING, Morning, make_morning

NAMESPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
SIZE = 5
PRESENCE = st.sampled_from(["present", "late", "left_early", "absent", "nonsense"])
MARK = st.tuples(
    st.integers(0, SIZE),  # SIZE is a child of another school
    PRESENCE,
    st.sampled_from(["", "illness", "personal", "unknown"]),
    st.lists(st.sampled_from(["fever", "cough", "rash"]), max_size=2),
    st.sampled_from([None, "36.5", "38.4", "99"]),
)
STEP = st.tuples(
    st.sampled_from(["class1", "class2"]),
    st.sampled_from(["morning", "noon"]),
    st.lists(MARK, max_size=4),
    st.booleans(),  # as a correction of what is in force
    st.integers(0, 5),  # the client's id: small numbers repeat
)


class Histories(TestCase):
    school: Morning

    @classmethod
    def setUpTestData(cls) -> None:
        forget_cached_actors()
        cls.school = make_morning(SIZE)

    def item(self, step, minute: int) -> CheckItem:
        unit, session, marks, correcting, number = step
        people = [p.pk for p in self.school.d.pupils[unit]] + [self.school.pupil(0, "foreign_class")]
        in_force = RollCheck.objects.filter(unit_id=self.school.unit(unit), session=session, superseded_at=None).first()
        now = MORNING + timedelta(minutes=minute)
        return CheckItem(
            actor=self.school.actor("nurse", now),
            client_id=uuid5(NAMESPACE, str(number)),
            unit_id=self.school.unit(unit),
            day=DAY,
            session=session,
            marks=[MarkInput(people[who], p, cause, symptoms, degrees) for who, p, cause, symptoms, degrees in marks],
            corrects=in_force.pk if correcting and in_force else None,
        )

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(STEP, min_size=1, max_size=7), st.randoms(use_true_random=False))
    def test_any_sequence_keeps_the_books(self, steps, chance) -> None:
        sent: list[CheckItem] = []
        answered: dict[UUID, CheckAnswer] = {}
        for minute, step in enumerate(steps):
            item = self.item(step, minute)
            (result,) = save_checks([item])
            assert isinstance(result, CheckAnswer | Invalid | Conflict)
            if isinstance(result, CheckAnswer):
                sent.append(item)
                answered.setdefault(item.client_id, result)
        self.keep_the_books()
        before = (RollCheck.objects.count(), RollMark.objects.count(), JournalEntry.objects.count())
        again = [*sent, *sent]
        chance.shuffle(again)
        cut = chance.randint(0, len(again))
        for batch in (again[:cut], again[cut:]):
            for item, result in zip(batch, save_checks(batch), strict=True):
                assert result == answered[item.client_id]
        assert (RollCheck.objects.count(), RollMark.objects.count(), JournalEntry.objects.count()) == before
        assert Receipt.objects.count() == RollCheck.objects.count()

    def keep_the_books(self) -> None:
        for unit in ("class1", "class2"):
            for session in ("morning", "noon"):
                versions = RollCheck.objects.filter(unit_id=self.school.unit(unit), session=session)
                in_force = [v for v in versions if v.superseded_at is None]
                assert len(in_force) == (1 if versions else 0)
                for v in versions:
                    assert v.expected == SIZE == v.present + v.absent
                    marks = list(v.marks.all())
                    assert sum(m.presence == "absent" for m in marks) == v.absent
                    assert sum(m.fever for m in marks) == v.fever
                    assert sum(m.fever or bool(m.symptoms) for m in marks) == v.symptomatic
                figures = class_figures([self.school.unit(unit)], DAY, session)
                if in_force:
                    f = figures[self.school.unit(unit)]
                    assert f.absent == f.absent_ill + f.absent_other + f.absent_unknown
                    assert (f.expected, f.present, f.fever) == (SIZE, in_force[0].present, in_force[0].fever)
                else:
                    assert figures == {}
                at = MORNING
                while at <= MORNING + timedelta(minutes=10):
                    known = RollCheck.objects.get_queryset().effective(at)
                    assert known.filter(unit_id=self.school.unit(unit), session=session).count() <= 1
                    at += timedelta(minutes=1)

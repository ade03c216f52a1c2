"""Leading groups and special teams: who has which part, in time and as it was known."""

from datetime import date, timedelta

import pytest

from lianfang.foundation.errors import Forbidden, Invalid, NotFound
from lianfang.foundation.models import JournalEntry
from lianfang.people import actions
from lianfang.people.models import Group, GroupMember
from lianfang.people.queries.groups import responsibility
from lianfang.rulepacks import packs
from tests.people.cast import NOW, TODAY

SEPTEMBER = date(2026, 9, 1)


def form(cast, part="admin", unit="school", **more):
    return actions.form_group(
        cast.actor(part), NOW, unit=getattr(cast, unit), **{"kind": "leading", "begins": SEPTEMBER, **more}
    )


def join(cast, group, who, part="member", now=NOW, begins=SEPTEMBER, **more):
    return actions.add_group_member(
        cast.actor("admin", now), now, group_id=group.pk, person=cast.persons[who], part=part, begins=begins, **more
    )


def sheet(cast, on=TODAY, known_at=None, part="principal"):
    return responsibility(cast.actor(part), cast.school.pk, on, known_at)


def shown(found):
    return [(g.group.name, [(m.row.person.name, m.row.part, m.in_post) for m in g.members]) for g in found.groups]


def test_the_sheet_names_posts_and_groups(cast):
    team = form(cast, kind="information")
    group = form(cast)
    join(cast, group, "nurse")
    join(cast, group, "principal", "head", task="全面负责")
    join(cast, team, "teacher", "head")
    found = sheet(cast)
    posts = {p.role: p.names for p in found.posts}
    assert posts["principal"] == ("周正",) and posts["epidemic_reporter"] == ()
    assert shown(found) == [
        ("防控工作领导小组", [("周正", "head", True), ("钱芳", "member", True)]),
        ("信息报送组", [("李静", "head", True)]),
    ]
    assert set(JournalEntry.objects.filter(action__startswith="people.group.").values_list("action", flat=True)) == {
        "people.group.formed",
        "people.group.joined",
    }


def test_history_is_answered_as_it_was_known(cast):
    group = form(cast)
    first = join(cast, group, "principal", "head")
    later = NOW + timedelta(days=2)
    actions.end_group_member(cast.actor("admin", later), later, member_id=first.pk, ends=SEPTEMBER + timedelta(days=5))
    join(cast, group, "grade_head", "head", now=later, begins=SEPTEMBER + timedelta(days=5))
    before, after = sheet(cast, known_at=NOW), sheet(cast)
    assert [m.row.person.name for m in before.groups[0].members] == ["周正"]
    assert [m.row.person.name for m in after.groups[0].members] == ["孙伟"]
    assert [m.row.person.name for m in sheet(cast, on=SEPTEMBER).groups[0].members] == ["周正"]
    assert shown(sheet(cast, known_at=NOW - timedelta(seconds=1))) == []


def test_whoever_has_left_is_shown_as_gone(cast):
    group = form(cast)
    join(cast, group, "nurse")
    post = cast.persons["nurse"].posts.get()
    actions.end_post(cast.actor("admin"), NOW, post=post, ends=TODAY)
    assert shown(sheet(cast))[0][1] == [("钱芳", "member", False)]


@pytest.mark.parametrize(
    "more, field, code",
    [
        ({"kind": "nonsense"}, "kind", "unit_kind"),
        ({"kind": "other", "name": "长" * 61}, "name", "too_long"),
        ({"kind": "other", "task": "长" * 501}, "task", "too_long"),
        ({}, "kind", "single"),
        ({"kind": "other", "name": "防控工作领导小组"}, "name", "taken"),
    ],
)
def test_groups_that_cannot_be(cast, more, field, code):
    form(cast)
    with pytest.raises(Invalid) as refused:
        form(cast, **more)
    assert [(e.field, e.code) for e in refused.value.errors] == [(field, code)]
    assert Group.objects.count() == 1


@pytest.mark.parametrize(
    "who, more, field, code",
    [
        ("grade_head", {"part": "head"}, "part", "single"),
        ("principal", {}, "person", "overlaps"),
        ("trainer", {}, "person", "not_in_post"),
        ("mother", {}, "person", "not_in_post"),
        ("nurse", {"begins": date(2026, 8, 26)}, "begins", "outside"),
        ("nurse", {"task": "长" * 201}, "task", "too_long"),
        ("nurse", {"part": "boss"}, "part", "unknown"),
    ],
)
def test_members_that_cannot_be(cast, who, more, field, code):
    group = form(cast)
    join(cast, group, "principal", "head")
    with pytest.raises(Invalid) as refused:
        join(cast, group, who, **{"part": "member", **more})
    assert [(e.field, e.code) for e in refused.value.errors] == [(field, code)]
    assert GroupMember.objects.count() == 1


def test_a_group_ends_with_its_members(cast):
    group = form(cast)
    member = join(cast, group, "principal", "head")
    with pytest.raises(Invalid):
        actions.end_group(cast.actor("admin"), NOW, group_id=group.pk, ends=date(2026, 8, 1))
    actions.end_group(cast.actor("admin"), NOW, group_id=group.pk, ends=TODAY)
    member.refresh_from_db()
    assert member.ends == TODAY and shown(sheet(cast)) == []
    form(cast, begins=TODAY)


def test_others_do_not_change_groups(cast):
    group = form(cast)
    with pytest.raises(Forbidden):
        form(cast, "nurse", kind="medical")
    with pytest.raises(NotFound):
        form(cast, "stranger", kind="medical")
    with pytest.raises(NotFound):
        actions.end_group(cast.actor("stranger"), NOW, group_id=group.pk, ends=TODAY)
    with pytest.raises(NotFound):
        sheet(cast, part="stranger")


def test_every_kind_says_where_it_exists():
    known = packs()
    for kind in known.group_kinds.values():
        assert set(kind.unit_kinds) <= set(known.unit_kinds), kind.id


def test_pages(cast, signed_in):
    group = form(cast)
    admin, nurse, stranger = signed_in("admin"), signed_in("nurse"), signed_in("stranger")
    page = f"/people/groups/of/{group.pk}/"
    joined = {"person": cast.persons["principal"].pk, "part": "head", "begins": "2026-09-01"}
    assert admin.post(page + "members/", joined).status_code == 302
    again = admin.post(page + "members/", joined)
    assert again.status_code == 422 and "已经在组里" in again.content.decode()
    text = nurse.get(f"/people/groups/{cast.school.pk}/").content.decode()
    assert "周正" in text and "防控工作领导小组" in text and "成立工作组" not in text
    old = nurse.get(f"/people/groups/{cast.school.pk}/?on=2026-09-02&known=2026-09-01T08:00").content.decode()
    assert "周正" in old and "还没有工作组" in old  # the post was known then, the group was not
    assert nurse.get(page).status_code == 403 and stranger.get(page).status_code == 404

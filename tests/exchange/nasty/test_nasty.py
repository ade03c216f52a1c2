"""Every nasty file gives exactly the changeset that stands beside it, in words for every fault, and goes in whole."""

from __future__ import annotations

import pytest
from django.utils import translation

from lianfang.exchange import actions, queries
from lianfang.foundation.errors import Invalid
from lianfang.people.models import Membership, Person
from tests.exchange.nasty.files import FILES, REFUSED, USUAL, WRONG
from tests.people.cast import NOW


def seen(cast, row):
    return queries.shown(queries.changeset(cast.actor("admin"), row))


def uploaded(cast, file):
    actor = cast.actor("admin")
    row = actions.upload_roster(actor, NOW, institution=cast.school, name=file.file, content=file.content)
    return actions.preview(actor, NOW, roster_import=row)


def test_there_are_many():
    assert len(FILES) >= 40
    assert len({file.name for file in FILES}) == len(FILES)


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.name)
def test_files_that_are_refused(cast, file):
    people = Person.objects.count()
    with pytest.raises(Invalid) as refused:
        uploaded(cast, file)
    assert [(error.field, error.code) for error in refused.value.errors] == [("file", file.refused)]
    assert Person.objects.count() == people


@pytest.mark.parametrize("file", (*USUAL, *WRONG), ids=lambda file: file.name)
def test_files_with_their_changesets(cast, file):
    before = Membership.objects.count()
    row = uploaded(cast, file)
    views = seen(cast, row)
    assert {view.row: view.kind for view in views if view.row} == file.kinds
    assert sum(view.kind == "leave" for view in views) == file.leave
    said = {view.row: {error["code"] for error in view.errors} for view in views if view.errors}
    assert set(said) == set(file.codes)
    assert all(code in said[at] for at, code in file.codes.items()), said
    assert tuple(unit["name"] for unit in row.new_units) == file.units
    for language, other in (("zh-hans", "en"), ("en", "zh-hans")):
        with translation.override(language):
            words = [error["message"] for view in seen(cast, row) for error in view.errors]
        with translation.override(other):
            again = [error["message"] for view in seen(cast, row) for error in view.errors]
        assert all(one and one != two for one, two in zip(words, again, strict=True)), "in the reader's language"
    assert Membership.objects.count() == before, "nothing before the commit"
    bad = sum(kind == "error" for kind in file.kinds.values())
    done = actions.commit_import(cast.actor("admin"), NOW, roster_import=row, leave=bad)
    assert done.state == "committed"
    good = [view.name for view in views if view.kind == "create" and view.subject == "student"]
    assert done.progress["created"] == len(good)
    assert Person.objects.filter(name__in=good).count() >= len(set(good))
    again = uploaded(cast, file)
    assert not any(view.kind == "create" for view in seen(cast, again)), "the same file again makes nothing"

"""Catalogues follow the code, keep translations, and say what is missing."""

import gettext
import io

import polib
import pytest

from dev import extraction, messages


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A source tree with one room."""
    monkeypatch.setattr(messages, "SOURCES", tmp_path)
    monkeypatch.setattr(extraction, "SOURCES", tmp_path)
    (tmp_path / "daily").mkdir()
    return tmp_path


def write(house, *texts, room="daily", name="views.py"):
    lines = [f"_({text!r})" for text in texts]
    source = "\n".join(["from django.utils.translation import gettext as _", *lines])
    (house / room).mkdir(exist_ok=True)
    (house / room / name).write_text(source + "\n", encoding="utf-8")


def translate(house, **texts):
    path = messages.catalogue_path("daily")
    catalogue = polib.pofile(str(path), wrapwidth=110)
    for entry in catalogue:
        entry.msgstr = texts.get(entry.msgid, entry.msgstr)
    path.write_text(str(catalogue) + "\n", encoding="utf-8")
    messages.update(["daily"])


def test_a_new_text_is_asked_for_and_then_served(house):
    write(house, "早安")
    assert messages.update(["daily"]) == ["daily: not translated: '早安'"]
    translate(house, 早安="Good morning")
    assert messages.problems(["daily"]) == []
    binary = messages.catalogue_path("daily").with_suffix(".mo").read_bytes()
    assert gettext.GNUTranslations(io.BytesIO(binary)).gettext("早安") == "Good morning"


def test_writing_twice_changes_nothing(house):
    write(house, "早安", "晚安")
    messages.update()
    first = messages.catalogue_path("daily").read_bytes()
    messages.update()
    assert messages.catalogue_path("daily").read_bytes() == first


def test_the_catalogue_names_files_of_the_project_and_no_day(house):
    write(house, "早安")
    messages.update()
    text = messages.catalogue_path("daily").read_text(encoding="utf-8")
    assert "#: src/lianfang/daily/views.py" in text
    assert str(house) not in text
    assert "Date" not in text


def test_a_text_no_longer_used_keeps_its_translation_aside_and_comes_back(house):
    write(house, "早安", "晚安")
    messages.update()
    translate(house, 早安="Good morning", 晚安="Good night")
    write(house, "早安")
    assert messages.problems(["daily"]) != []
    messages.update()
    assert '#~ msgstr "Good night"' in messages.catalogue_path("daily").read_text(encoding="utf-8")
    assert messages.problems(["daily"]) == []
    write(house, "早安", "晚安")
    assert messages.update() == []


@pytest.mark.parametrize(
    "source, english, complaint",
    [
        ("%(n)d 人", "people", "other placeholders"),
        ("%(n)d 人", "%(m)d people", "other placeholders"),
        ("{n} 份", "reports", "other placeholders"),
        ("早安", "早安 (morning)", "Chinese in the English"),
    ],
)
def test_wrong_translations_are_named(house, source, english, complaint):
    write(house, source)
    messages.update()
    translate(house, **{source: english})
    (only,) = messages.problems(["daily"])
    assert complaint in only


def test_a_compiled_file_that_is_behind_is_named(house):
    write(house, "早安")
    messages.update()
    translate(house, 早安="Good morning")
    binary = messages.catalogue_path("daily").with_suffix(".mo")
    binary.write_bytes(b"old")
    assert messages.problems(["daily"]) == [
        "daily: django.mo does not match django.po; run `./lianfang messages daily`"
    ]


def test_texts_of_rooms_without_django_are_carried_by_foundation(house):
    (house / "foundation").mkdir()
    (house / "kernel").mkdir()
    source = 'from lianfang.kernel.labels import gettext_noop as N_\nN_("太晚")\n'
    (house / "kernel" / "intake.py").write_text(source, encoding="utf-8")
    messages.update()
    assert 'msgid "太晚"' in messages.catalogue_path("foundation").read_text(encoding="utf-8")
    assert messages.rooms() == ["daily", "foundation"]


def test_one_text_with_two_translations_is_named(house):
    for room, english in (("daily", "Good morning"), ("web", "Morning")):
        write(house, "早安", room=room)
        messages.update([room])
        path = messages.catalogue_path(room)
        catalogue = polib.pofile(str(path), wrapwidth=110)
        catalogue.find("早安").msgstr = english
        path.write_text(str(catalogue) + "\n", encoding="utf-8")
        messages.update([room])
    (only,) = messages.problems()
    assert "'Good morning' in daily and 'Morning' in web" in only


def test_tests_and_migrations_hold_no_texts_for_users(house):
    for folder in ("tests", "migrations"):
        (house / "daily" / folder).mkdir()
        write(house, "早安", room="daily", name=f"{folder}/x.py")
    assert messages.problems() == []
    assert messages.main(["nowhere"]) == 2

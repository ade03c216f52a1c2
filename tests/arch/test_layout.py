"""Where things are and how large they grow."""

import re

import pytest

from tests.arch import sources

DRAWERS = {"utils", "util", "common", "helpers", "helper", "misc", "extras", "utilities", "shared", "stuff"}
PYTHON_LINES = 450
TEMPLATE_LINES = 150


def test_every_room_is_in_the_order():
    known = {room for level in sources.ORDER for room in level}
    there = {p.name for p in sources.PACKAGE.iterdir() if p.is_dir() and any(p.rglob("*.py"))}
    assert there <= known


@pytest.mark.parametrize("room", sources.rooms())
def test_every_room_says_what_it_is(room):
    readme = sources.PACKAGE / room / "README.md"
    assert readme.exists(), f"{room} has no README.md: nouns, invariants, events in and out"
    assert len(readme.read_text(encoding="utf-8").split()) >= 30


def test_there_are_no_drawers():
    everywhere = [*sources.files(".py"), *sources.files(".py", sources.ROOT / "dev")]
    names = {sources.name(p): {part.removesuffix(".py") for part in p.parts} for p in everywhere}
    assert not [path for path, parts in names.items() if parts & DRAWERS]


def test_files_stay_readable():
    everywhere = [p for folder in ("dev", "bench", "tests") for p in sources.files(".py", sources.ROOT / folder)]
    lengths = {
        sources.name(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in [*sources.files(".py"), *everywhere]
        if not sources.is_migration(path)
    }
    assert not {path: lines for path, lines in lengths.items() if lines > PYTHON_LINES}


def test_templates_stay_readable():
    lengths = {sources.name(p): len(p.read_text(encoding="utf-8").splitlines()) for p in sources.files(".html")}
    assert not {path: lines for path, lines in lengths.items() if lines > TEMPLATE_LINES}


def test_pages_load_nothing_from_elsewhere():
    outside = re.compile(r"""(?:\bsrc|<link\b[^>]*\bhref|url|@import)\s*[=(]?\s*["']?(?:https?:)?//""", re.IGNORECASE)
    found = [
        f"{sources.name(path)}:{number}"
        for suffix in (".html", ".css")
        for path in sources.files(suffix)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if outside.search(line)
    ]
    assert not found


def test_the_glossary_has_both_languages():
    glossary = (sources.ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    both = [s for s in glossary.splitlines() if re.search(r"[\u4e00-\u9fff]", s) and re.search(r"[A-Za-z]{3}", s)]
    assert len(both) >= 30

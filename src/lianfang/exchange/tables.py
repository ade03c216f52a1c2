"""The room's tables (data/*.yaml) as typed values, read once in a process."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lianfang.exchange.headers import SheetKind
from lianfang.exchange.rules import ClassTable, Words, plain

FOLDER = Path(__file__).parent / "data"


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return content


@lru_cache(maxsize=1)
def sheet_kinds() -> tuple[SheetKind, ...]:
    """Kinds of sheets that a workbook may hold."""
    return tuple(
        SheetKind(
            name,
            str(entry["sheet"]),
            tuple(entry["needs"]),
            {field: tuple(str(n) for n in names) for field, names in entry["columns"].items()},
            frozenset(entry.get("read_only", ())),
        )
        for name, entry in _read("columns.yaml").items()
    )


def sheet_kind(name: str) -> SheetKind:
    return next(kind for kind in sheet_kinds() if kind.name == name)


@lru_cache(maxsize=1)
def class_table() -> ClassTable:
    """How classes are written."""
    raw = _read("class_names.yaml")

    def patterns(key: str) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(text) for text in raw[key])

    return ClassTable(
        patterns=patterns("patterns"),
        grades=patterns("grades"),
        numbers=patterns("numbers"),
        numerals={str(k): int(v) for k, v in raw["numerals"].items()},
        stages={str(k): int(v) for k, v in raw["stages"].items()},
        grade_names={int(k): str(v) for k, v in raw["grade_names"].items()},
        class_name=str(raw["class_name"]),
    )


@lru_cache(maxsize=1)
def value_words() -> Words:
    """Words of cells and what they mean."""
    raw = _read("values.yaml")

    def turned(key: str) -> dict[str, str]:
        return {plain(str(word)): str(code) for code, listed in raw[key].items() for word in listed}

    positions = raw["position"]
    return Words(
        sex=turned("sex"),
        id_type=turned("id_type"),
        relation=turned("relation"),
        status=turned("status"),
        position={plain(str(word)): str(role) for role, entry in positions.items() for word in entry["words"]},
        held_at={str(role): str(entry["at"]) for role, entry in positions.items()},
        place_kind=turned("place_kind"),
        weekday={word: int(code) for word, code in turned("weekday").items()},
        unit_kind=turned("unit_kind"),
    )


def word_for(key: str, code: str | int) -> str:
    """The first word of a code, as exports write it; "" for an unknown code."""
    listed = _read_values().get(key, {}).get(code)
    if isinstance(listed, dict):
        listed = listed["words"]
    return str(listed[0]) if listed else ""


def unnamed_guardian(child: str, relation: str = "guardian", nth: int = 0) -> str:
    """What a guardian is called of whom only the phone number is known; `nth` counts those of one relation from 0."""
    listed = _read_values()["unnamed_guardian"]
    forms = listed.get(relation, listed["guardian"])
    return str(forms[min(nth, len(forms) - 1)]).format(name=child)


@lru_cache(maxsize=1)
def _read_values() -> dict[str, Any]:
    return _read("values.yaml")

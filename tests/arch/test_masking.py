"""ID numbers and phones leave the system masked: no template and no answer of the API shows them whole.

Whole numbers are shown on purpose only in the link book (to call) and in what a person exports; those files are named.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2] / "src" / "lianfang"
WHOLE = re.compile(r"\{\{\s*[\w.]*\b(?:id_number|phone)\b(?!_)[^}]*\}\}")
ON_PURPOSE = {"linkbook"}
OUT_FIELD = re.compile(r"^    (?:id_number|phone)\s*:", re.M)
OUT_CLASS = re.compile(r"^class (\w+Out)\b.*?(?=^class |\Z)", re.M | re.S)


def test_no_template_shows_a_whole_number() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit}"
        for path in ROOT.rglob("templates/**/*.html")
        if not ON_PURPOSE & {path.stem, path.parent.name}
        for hit in WHOLE.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_answer_of_the_api_has_a_whole_number() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group(1)}"
        for path in [*ROOT.glob("*/schemas.py"), *ROOT.glob("*/schemas/*.py")]
        if path.stem not in ON_PURPOSE
        for match in OUT_CLASS.finditer(path.read_text(encoding="utf-8"))
        if OUT_FIELD.search(match.group(0))
    ]
    assert found == []

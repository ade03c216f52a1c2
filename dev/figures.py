"""`python -m dev.figures FILE.json …`: write printed figures into the table of docs/trust.md.

A file is what `./lianfang bench … --json` printed. A later file replaces rows of the same benchmark on the same machine;
rows that stand there already stay. Nothing is computed: a figure without its number of measurements is refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "trust.md"
BEGIN = "<!-- figures: written by dev.figures, do not edit -->"
END = "<!-- end of figures -->"
HEAD = ("| What | Value | n | Beside | Note | Machine | Date |", "|---|---|---|---|---|---|---|")
NEEDED = ("benchmark", "name", "value", "unit", "n")


def cell(text: Any) -> str:
    """A text that stays within its cell."""
    return str(text).replace("|", "\\|").replace("\n", " ").strip() or "—"


def where(machine: dict[str, Any]) -> str:
    """The machine in one cell, without a host's name."""
    memory = f"{machine['memory_gib']} GiB"
    versions = f"Python {machine['python']}, SQLite {machine['sqlite']}"
    return cell(f"{machine['processor']}, {machine['cores']} cores, {memory}, {machine['system']}, {versions}")


def rows_of(document: dict[str, Any], on: str) -> dict[tuple[str, str], str]:
    """The rows of one printed document by (what, machine). Raises ValueError for a figure that lacks something."""
    machine = where(document["machine"])
    found = {}
    for figure in document["figures"]:
        missing = [key for key in NEEDED if figure.get(key) in (None, "")]
        if missing:
            raise ValueError(f"figure {figure.get('name', '?')!r} has no {', '.join(missing)}")
        what = cell(f"{figure['benchmark']}: {figure['name']}")
        ratio = "—" if figure.get("ratio") is None else f"×{figure['ratio']:.3g}"
        value = cell(f"{figure['value']:,.4g} {figure['unit']}")
        note = cell(figure.get("note", ""))
        cells = (what, value, f"{figure['n']:,}", ratio, note, machine, on)
        found[what, machine] = f"| {' | '.join(cells)} |"
    return found


def standing(text: str) -> dict[tuple[str, str], str]:
    """The rows that the document holds already."""
    found = {}
    for line in text.splitlines():
        cells = [part.strip() for part in line.replace("\\|", "\0").strip("|").split("|")]
        if len(cells) == 7 and line not in HEAD and cells[0] != "—":
            cells = [part.replace("\0", "\\|") for part in cells]
            found[cells[0], cells[5]] = line
    return found


def written(text: str, documents: list[dict[str, Any]], on: str) -> str:
    """The document with the figures in it. Raises ValueError without the two marks."""
    before, begin, rest = text.partition(BEGIN)
    inside, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the marks of the table are missing")
    rows = standing(inside)
    for document in documents:
        rows.update(rows_of(document, on))
    table = "\n".join([*HEAD, *(rows[key] for key in sorted(rows))])
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write the table; 1 with a sentence when a file cannot be used."""
    parser = argparse.ArgumentParser(prog="dev.figures", allow_abbrev=False)
    parser.add_argument("file", nargs="+", type=Path)
    parser.add_argument("--on", default=None, help="day of the run, YYYY-MM-DD (default: the file's own day)")
    options = parser.parse_args(arguments)
    text = DOCUMENT.read_text(encoding="utf-8")
    for path in options.file:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            on = options.on or datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
            text = written(text, [document], date.fromisoformat(on).isoformat())
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"{path.name}: {error!r}", file=sys.stderr)
            return 1
    DOCUMENT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

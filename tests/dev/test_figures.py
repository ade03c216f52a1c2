"""Printed figures go into the table of docs/trust.md as they are; what was not measured stays out."""

from __future__ import annotations

import json

import pytest

from dev import figures

TEXT = f"# x\n{figures.BEGIN}\n{figures.HEAD[0]}\n{figures.HEAD[1]}\n| — | — | — | — | none | — | — |\n{figures.END}\nend\n"
MACHINE = {
    "processor": "Some | CPU",
    "cores": 2,
    "memory_gib": 7.8,
    "system": "Linux 6",
    "python": "3.11.2",
    "sqlite": "3.51.1",
}


def printed(value=612.5, machine=MACHINE, **more):
    figure = {"benchmark": "reports", "name": "p99", "value": value, "unit": "ms", "n": 3000, "ratio": 3.21, "note": ""}
    return {"machine": machine, "figures": [{**figure, **more}], "failed": []}


def test_a_figure_is_written_with_its_machine_n_and_day():
    text = figures.written(TEXT, [printed()], "2026-11-26")
    row = (
        "| reports: p99 | 612.5 ms | 3,000 | ×3.21 | — |"
        " Some \\| CPU, 2 cores, 7.8 GiB, Linux 6, Python 3.11.2, SQLite 3.51.1 | 2026-11-26 |"
    )
    assert row in text
    assert text.startswith("# x\n") and text.endswith("end\n")
    assert "| none |" not in text


def test_a_later_run_replaces_its_own_rows_only():
    text = figures.written(TEXT, [printed()], "2026-11-26")
    text = figures.written(
        text, [printed(machine={**MACHINE, "cores": 64}), printed(name="p50", ratio=None)], "2026-11-27"
    )
    text = figures.written(text, [printed(500)], "2026-11-28")
    assert (text.count("| reports: "), text.count("612.5"), text.count("2026-11-28")) == (3, 2, 1)
    assert figures.written(text, [], "2026-11-29") == text


@pytest.mark.parametrize("wrong", [{"n": None}, {"unit": ""}, {"value": None}, {"name": ""}])
def test_a_figure_without_its_measure_is_refused(wrong):
    with pytest.raises(ValueError, match="has no"):
        figures.written(TEXT, [printed(**wrong)], "2026-11-26")


def test_the_document_is_written_from_files(tmp_path, monkeypatch, capsys):
    document, source = tmp_path / "trust.md", tmp_path / "figures.json"
    document.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(figures, "DOCUMENT", document)
    source.write_text(json.dumps(printed()), encoding="utf-8")
    assert figures.main([str(source), "--on", "2026-11-26"]) == 0
    assert "612.5 ms" in document.read_text(encoding="utf-8")
    source.write_text("nothing", encoding="utf-8")
    assert figures.main([str(source)]) == 1
    assert "figures.json" in capsys.readouterr().err
    document.write_text("no marks", encoding="utf-8")
    source.write_text(json.dumps(printed()), encoding="utf-8")
    assert figures.main([str(source)]) == 1


def test_the_real_document_has_the_marks():
    text = figures.DOCUMENT.read_text(encoding="utf-8")
    assert figures.written(text, [printed()], "2026-11-26").count("reports: p99") == 1

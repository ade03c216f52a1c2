"""The documents that name tests, commands and items of a standard tell the truth about them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from importlib import import_module

import pytest

from tests.arch import sources

TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
NAMED = re.compile(r"tests/[\w/]+(?:\.py)?")
STATES = ("met", "partly", "not met", "not applicable")
# Levels of the items of ASVS 5.0.0 by section, in their order.
LEVELS = {
    "1": "22 1111122223 112222222223 222 123",
    "2": "122 112 12223 23",
    "3": "3 113 12223 11222233 11122333 3 22333",
    "4": "12233 23333 22 1222",
    "5": "2 112333 113 222",
    "6": "122 111111112222 11223333 112233 22222333 2223 33 2222",
    "7": "222 1111 22 11222 223 22",
    "8": "1233 1123 133 23",
    "9": "111 1222",
    "10": "22 223 22223 1111122222233333 22222 22 222",
    "11": "2233 22233 11233 1222 23 23 33",
    "12": "12233 11 22223",
    "13": "2333 222223 2233 1222233",
    "14": "22 12223333 122",
    "15": "12233 12233 1222222 3333",
    "16": "2 22222 2222 222 2223",
    "17": "23 22223333 22",
}


def read(name: str) -> str:
    return (sources.ROOT / "docs" / name).read_text(encoding="utf-8")


@cache
def known_tests(path: str) -> frozenset[str]:
    """Names of the tests in a file; none when it does not exist."""
    file = sources.ROOT / path
    if not file.exists():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_bytes()))
    return frozenset(n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("name", ["threat-model.md", "asvs.md"])
def test_every_test_that_is_named_exists(name: str) -> None:
    named = TEST.findall(read(name))
    assert len(named) > 50
    assert [f"{path}::{test}" for path, test in named if test not in known_tests(path)] == []
    assert read(name).count("tests/") == len(named) + read(name).count("`tests/arch/test_documents.py`")


def items() -> list[list[str]]:
    lines = [line for line in read("asvs.md").splitlines() if re.match(r"\| \d+\.\d+\.\d+ \|", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def levels() -> dict[str, str]:
    found = {}
    for chapter, sections in LEVELS.items():
        for section, digits in enumerate(sections.split(), 1):
            found.update({f"{chapter}.{section}.{number}": digit for number, digit in enumerate(digits, 1)})
    return found


def test_the_standard_has_as_many_items_as_it_says() -> None:
    assert Counter(levels().values()) == {"1": 70, "2": 183, "3": 92}


def test_every_item_of_levels_one_and_two_is_there_once() -> None:
    rows = items()
    assert all(len(row) == 5 and row[2] for row in rows)
    assert [row[0] for row in rows] == [item for item, level in levels().items() if level < "3"]
    assert [row[0] for row in rows if row[1] != levels()[row[0]] or row[3] not in STATES] == []


def test_what_is_not_met_says_why() -> None:
    silent = [row[0] for row in items() if row[3] != "met" and not TEST.sub("", row[4]).strip()]
    empty = [row[0] for row in items() if not row[4]]
    assert (silent, empty) == ([], [])


def test_the_sums_are_those_of_the_rows() -> None:
    counted = Counter((row[3], row[1]) for row in items())
    for state in STATES:
        assert f"| {state} | {counted[state, '1']} | {counted[state, '2']} |" in read("asvs.md")


def test_limits_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| .+ \| ([\d,]+) \| `([\w.]+)\.(\w+)` \|$", read("inventory.md"), re.MULTILINE)
    assert len(rows) > 20
    said = {f"{module}.{name}": int(number.replace(",", "")) for number, module, name in rows}
    assert said == {f"{module}.{name}": getattr(import_module(module), name) for _number, module, name in rows}


def test_the_commands_of_the_proofs_lead_somewhere() -> None:
    text = read("trust.md")
    missing = [path for path in NAMED.findall(text) if not (sources.ROOT / path).exists()]
    assert missing == []
    for module in re.findall(r"python -m dev\.(\w+)", text):
        assert list((sources.ROOT / "dev").glob(f"{module}*")), module
    for command in re.findall(r"lianfang (\w+)", text):
        assert (sources.PACKAGE / "config" / "commands" / f"{command}.py").exists(), command
    for benchmark in re.findall(r"lianfang bench ((?:\w+ ?)+)", text):
        for name in benchmark.split():
            assert (sources.ROOT / "bench" / f"bench_{name}.py").exists(), name

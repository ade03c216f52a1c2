"""Nobody looks at the clock: `now` is handed in, so that a test, a replay or a drill can move it."""

import ast

import pytest

from tests.arch import sources

FORBIDDEN = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "date.today",
    "datetime.date.today",
    "timezone.now",
    "timezone.localdate",
    "timezone.localtime",
    "time.time",
    "time.time_ns",
    "time.localtime",
}
ALLOWED = {
    "src/lianfang/kernel/clock.py": "the clock itself",
    "src/lianfang/config/logs.py": "when a line was written, as in every record of the standard library",
}


def looks(source):
    """(line, expression) of each look at the clock, called or handed on as a default."""
    parsed = source if isinstance(source, ast.Module) else ast.parse(source)
    found = []
    for node in ast.walk(parsed):
        if not isinstance(node, ast.Attribute) or ast.unparse(node) not in FORBIDDEN:
            continue
        found.append((node.lineno, ast.unparse(node)))
    converted = {
        (node.func.lineno, ast.unparse(node.func))
        for node in ast.walk(parsed)
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).startswith("timezone.local")
    }
    return [look for look in found if look not in converted]  # timezone.localtime(value) only converts


@pytest.mark.parametrize(
    "source, count",
    [
        ("now = datetime.now(UTC)", 1),
        ("DateTimeField(default=timezone.now)", 1),
        ("date.today()", 1),
        ("timezone.localtime()", 1),
        ("timezone.localtime(row.received_at)", 0),
        ("time.monotonic()", 0),
        ("clock.now()", 0),
    ],
)
def test_what_counts_as_a_look(source, count):
    assert len(looks(source)) == count


def test_nobody_looks_at_the_clock():
    found = [
        f"{sources.name(path)}:{line} {words}"
        for path in sources.code()
        if sources.name(path) not in ALLOWED
        for line, words in looks(sources.tree(path))
    ]
    assert not found, "take `now` as an argument:\n" + "\n".join(found)

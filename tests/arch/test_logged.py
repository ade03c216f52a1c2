"""Lines of the log are constants with arguments, and the arguments are counts, ids and types."""

import ast

from tests.arch import sources

SAYING = ("debug", "info", "warning", "error", "exception", "critical")


def test_every_line_of_ours_is_a_constant():
    """An f-string would carry values past the formatter (`config.logs`)."""
    found = []
    for path in sources.code():
        for node in ast.walk(sources.tree(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and ast.unparse(node.func.value) in ("log", "logger")
                and node.func.attr in SAYING
                and not (node.args and isinstance(node.args[0], ast.Constant))
            ):
                found.append(f"{sources.name(path)}:{node.lineno}")
    assert not found

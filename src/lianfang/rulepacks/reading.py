"""YAML files to plain trees: no dates, no octal or base-60 numbers, no yes/no booleans, no repeated keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from lianfang.rulepacks.errors import PackError

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _PackLoader(_SafeLoader):  # type: ignore[misc]
    """A safe loader of the plain part of YAML: ``08:30`` and ``2020-05-01`` stay text, ``on`` and ``no`` too."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=deep)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(problem=f"key {key!r} is not text", problem_mark=key_node.start_mark)
            if key in mapping:
                raise yaml.MarkedYAMLError(problem=f"key {key!r} occurs twice", problem_mark=key_node.start_mark)
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping


_PackLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
_PackLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(null|~|)$"), ["n", "~", ""])
_PackLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(0|[1-9][0-9]*)$"), list("-0123456789"))


def read_yaml(text: str, where: str) -> dict[str, Any]:
    """The mapping in a YAML text. Numbers with a point stay text, to be read as exact decimals.

    Raises ``PackError`` naming ``where`` and the line.
    """
    try:
        tree = yaml.load(text, Loader=_PackLoader)  # a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        raise PackError(f"{where}{line}", error.problem or "not readable as YAML") from None
    except yaml.YAMLError as error:
        raise PackError(where, f"not readable as YAML: {error}") from None
    if not isinstance(tree, dict):
        raise PackError(where, "a pack is a mapping of catalogues")
    return tree


def pack_files(folder: Path) -> list[Path]:
    """Every pack below a folder, in a stable order."""
    return sorted(folder.rglob("*.yaml"), key=lambda path: path.relative_to(folder).as_posix())

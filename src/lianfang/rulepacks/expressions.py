"""Formulas of tables and reports: names, whole numbers, ``+``, ``-`` and one ``/``.

``absent_ill + absent_other``, ``present / expected``. A name may have dots (``unit.name``). The division comes last:
``present - late / expected`` is (present - late) / expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*|\d+|[-+/])")


@dataclass(frozen=True)
class Expression:
    """A formula, checked when it is read. Raises ``ValueError`` for anything but sums and one division."""

    text: str

    def __post_init__(self) -> None:
        self._sides  # noqa: B018 (reads the formula)

    @property
    def names(self) -> frozenset[str]:
        """The fields that the formula needs."""
        return frozenset(term for side in self._sides for _, term in side if not term.isdigit())

    @property
    def is_name(self) -> bool:
        """Whether the formula is just one field."""
        return self.text.strip() in self.names

    def evaluate(self, values: Mapping[str, int]) -> Fraction | None:
        """The value as an exact fraction; None when divided by zero.

        Raises ``KeyError`` for a field that has no value.
        """
        sums = [sum(sign * self._value(term, values) for sign, term in side) for side in self._sides]
        if len(sums) == 1:
            return Fraction(sums[0])
        return None if sums[1] == 0 else Fraction(sums[0], sums[1])

    @staticmethod
    def _value(term: str, values: Mapping[str, int]) -> int:
        return int(term) if term.isdigit() else values[term]

    @cached_property
    def _sides(self) -> list[list[tuple[int, str]]]:
        sides: list[list[tuple[int, str]]] = [[]]
        sign, expecting_term, position = 1, True, 0
        text = self.text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise ValueError(f"formula {self.text!r} cannot be read")
            token, position = match[1], match.end()
            if token in "+-/":
                if expecting_term or (token == "/" and len(sides) == 2):
                    raise ValueError(f"formula {self.text!r} cannot be read")
                sign, expecting_term = (-1 if token == "-" else 1), True
                if token == "/":
                    sides.append([])
            else:
                if not expecting_term:
                    raise ValueError(f"formula {self.text!r} cannot be read")
                sides[-1].append((sign, token))
                expecting_term = False
        if expecting_term:
            raise ValueError(f"formula {self.text!r} cannot be read")
        return sides

"""The vocabulary as it holds in a place on a day: the packs of its region, its own overrides laid over (`duties.templates`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from lianfang.daily.rules import Vocabulary
from lianfang.duties.templates import packs_for
from lianfang.foundation.models import Unit
from lianfang.rulepacks.library import Packs


@lru_cache(maxsize=128)
def _made(chosen: Packs, on: date) -> Vocabulary:
    return Vocabulary.of(chosen, on)


def vocabularies(units: Iterable[Unit], on: date) -> dict[int, Vocabulary]:
    """The vocabulary at each unit on a day, by unit id. One query, however many units."""
    return {pk: _made(chosen, on) for pk, chosen in packs_for(units, on).items()}


def vocabulary_at(unit: Unit, on: date) -> Vocabulary:
    """`vocabularies` for one unit."""
    return vocabularies([unit], on)[unit.pk]

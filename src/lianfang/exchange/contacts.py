"""Several guardians in one cell: "妈妈13800000000 / 爸爸 139-0000-0000", "李芳（母）138…，王强（父）139…". Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lianfang.exchange.rules import plain

_NUMBER = re.compile(r"(?<!\d)(?:\+?86|0086)?[- ]?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)")
_BETWEEN = re.compile(r"[/、,，;；|\n\r\t]+|\s{2,}")
_NOISE = re.compile(r"[:：()（）\[\]【】\-\s./、,，;；|]+")
_FILLER = re.compile(r"(?:的)?(?:联系)?(?:电话|手机号?|号码|联系方式)")
_DIGITS = re.compile(r"\d{5,}")


@dataclass(frozen=True, slots=True)
class Contact:
    """One number with what stands beside it. `name` and `relation` are "" where nothing says so."""

    phone: str
    name: str = ""
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Contacts:
    """What a cell names, in order; `rest` is true where digits are left over that are no mobile number."""

    found: tuple[Contact, ...]
    rest: bool


def read_contacts(text: str, relations: Mapping[str, str]) -> Contacts:
    """The mobile numbers of a cell, each with the name or relation beside it. `relations`: word → code, keys `plain`.

    What stands before a number belongs to it; in a cell that begins with a number, what stands after it does.
    """
    typed = unicodedata.normalize("NFKC", text)
    matches = list(_NUMBER.finditer(typed))
    if not matches:
        return Contacts((), bool(_DIGITS.search(typed)))
    between = [typed[a:b] for a, b in zip([0, *(m.end() for m in matches)],
                                          [*(m.start() for m in matches), len(typed)], strict=True)]  # fmt: skip
    after = not _label(between[0]) and bool(_label(between[-1]))
    found: dict[str, Contact] = {}
    for n, match in enumerate(matches):
        phone = re.sub(r"[- ]", "", match[1])
        beside = between[n + 1] if after else between[n]
        name, relation = _who(beside, relations)
        if not after and not name and not relation and n + 1 < len(between):
            inside = re.match(r"\s*[(（]([^)）]*)[)）]", between[n + 1])
            name, relation = _who(inside[1], relations) if inside else ("", "")
        found.setdefault(phone, Contact(phone, name, relation))
    return Contacts(tuple(found.values()), any(_DIGITS.search(part) for part in between))


def _label(text: str) -> str:
    return _FILLER.sub("", _NOISE.sub("", text))


def _who(text: str, relations: Mapping[str, str]) -> tuple[str, str]:
    """Name and relation in a few words: "妈妈", "李芳", "李芳(母亲)", "母亲李芳"."""
    parts = [p for p in re.split(r"[:：()（）\[\]【】\-\s./、,，;；|]+", _FILLER.sub("", text)) if p]
    name = relation = ""
    for part in parts:
        known = relations.get(plain(part), "")
        if known:
            relation = relation or known
            continue
        word = next((w for w in sorted(relations, key=len, reverse=True) if len(w) > 1 and part.startswith(w)), "")
        if word and len(part) - len(word) >= 2:
            relation, part = relation or relations[word], part[len(word) :]
        if not any(letter.isdigit() for letter in part):
            name = name or part
    return name, relation


def split_names(text: str) -> Sequence[str]:
    """The names of a cell that may hold several, one beside another."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]

"""Texts of notices: declared once by the room that sends them, rendered in the reader's language.

A text's parameters are the places `%(name)s` in its subject and body; nothing else may be handed over, so that no
name or health detail travels along unseen. A parameter is a short text or a number; a `Label` and an instant keep
their form and are put into words for the reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from lianfang.kernel.clock import as_utc, zone
from lianfang.kernel.labels import Label

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PLACE = re.compile(r"%\((\w+)\)[sd]")
LONGEST_PARAMETER = 200
Parameter = str | int | dict[str, str]


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A declared text. `places` are the names of its parameters."""

    key: str
    subject: StrOrPromise
    body: StrOrPromise
    places: frozenset[str] = field(default_factory=frozenset)


_texts: dict[str, NoticeText] = {}


def declare_text(key: str, subject: StrOrPromise, body: StrOrPromise) -> NoticeText:
    """Register the text `<room>.<name>`. Raises ValueError when the key is taken by another text."""
    places = frozenset(PLACE.findall(str(subject)) + PLACE.findall(str(body)))
    text = NoticeText(key, subject, body, places)
    known = _texts.setdefault(key, text)
    if (str(known.subject), str(known.body)) != (str(subject), str(body)):
        raise ValueError(f"notice text {key} is declared twice")
    return known


def notice_text(key: str) -> NoticeText:
    """The declared text. Raises KeyError: an undeclared key is a programming error."""
    return _texts[key]


def all_texts() -> dict[str, NoticeText]:
    """Every declared text by key."""
    return dict(_texts)


def label_parameter(label: Label) -> dict[str, str]:
    """A text that exists in both languages; the reader sees theirs."""
    return {"zh": label.zh, "en": label.en}


def instant_parameter(at: datetime, time_zone: str) -> dict[str, str]:
    """An instant that is shown as the time of day in a zone (IANA name)."""
    return {"at": as_utc(at).isoformat(), "zone": time_zone}


def checked_parameters(key: str, params: Mapping[str, Any]) -> dict[str, Parameter]:
    """The parameters as they are stored. Raises KeyError for an unknown text, ValueError for a parameter that the text
    does not have, that is missing, or that is no short text, number, label or instant."""
    places = notice_text(key).places
    if set(params) != places:
        raise ValueError(f"notice text {key} takes {sorted(places)}, got {sorted(params)}")
    checked: dict[str, Parameter] = {}
    for name, value in params.items():
        if isinstance(value, Label):
            value = label_parameter(value)
        known_form = (isinstance(value, dict) and set(value) in ({"zh", "en"}, {"at", "zone"})) or (
            isinstance(value, str | int) and not isinstance(value, bool)
        )
        if not known_form or (isinstance(value, str) and len(value) > LONGEST_PARAMETER):
            raise ValueError(f"parameter {name} of {key} is no short text, number, label or instant")
        checked[name] = value
    return checked


@dataclass(frozen=True, slots=True)
class Words:
    """A notice as its reader sees it."""

    subject: str
    body: str


def rendered(key: str, params: Mapping[str, Any], language: str) -> Words:
    """The text in the active language, its labels in `language`; a text that is no longer declared says so."""
    text = _texts.get(key)
    if text is None:
        return Words(str(_("通知")), str(_("这条通知的内容已不再使用。")))
    values = {name: _said(value, language) for name, value in params.items()}
    if text.places - set(values):
        return Words(str(_("通知")), str(_("这条通知的内容已不再使用。")))
    return Words(str(text.subject) % values, str(text.body) % values)


def _said(value: Any, language: str) -> Any:
    if isinstance(value, dict):
        if "at" in value:
            return datetime.fromisoformat(value["at"]).astimezone(zone(value["zone"])).strftime("%H:%M")
        return Label(value["zh"], value["en"]).text(language)
    return value

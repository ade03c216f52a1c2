"""What is said about a body, by whomever: temperature, symptoms, absence. Shared by marks, reports and early leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lianfang.daily.rules import faults
from lianfang.daily.rules.faults import Fault
from lianfang.daily.rules.vocabulary import Vocabulary
from lianfang.kernel.errors import InputError
from lianfang.kernel.temperature import Instrument, Site, parse_celsius

_SITES = frozenset(site.value for site in Site)
_INSTRUMENTS = frozenset(instrument.value for instrument in Instrument)


def plain(text: str) -> str:
    """Free text as it is kept: no control characters but line breaks, no space around it."""
    return "".join(c for c in text if c == "\n" or c.isprintable()).strip()


@dataclass(frozen=True, slots=True)
class SaidInput:
    """As it came in. `temperature` is what was typed or a number, None or "" when nothing was measured."""

    temperature: str | float | Decimal | None = None
    site: str = ""
    instrument: str = ""
    symptoms: Sequence[str] = ()
    absent: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """As it is kept: °C to a tenth or None, symptoms without repetition in the given order, and whether it is a fever."""

    temperature: Decimal | None
    site: str
    instrument: str
    symptoms: tuple[str, ...]
    fever: bool
    absent: bool
    cause: str


def read_said(raw: SaidInput, words: Vocabulary) -> tuple[Said | None, list[Fault]]:
    """What was said, or what is wrong with it (then None)."""
    found: list[Fault] = []
    temperature = None
    if raw.temperature is not None and str(raw.temperature).strip():
        try:
            temperature = parse_celsius(str(raw.temperature))
        except InputError as error:
            found.append(Fault("temperature", error.kind, error.label))
    if raw.site and raw.site not in _SITES:
        found.append(Fault("site", "site.unknown", faults.SITE.format(value=raw.site[:20])))
    if raw.instrument and raw.instrument not in _INSTRUMENTS:
        found.append(Fault("instrument", "instrument.unknown", faults.INSTRUMENT.format(value=raw.instrument[:20])))
    symptoms = tuple(dict.fromkeys(raw.symptoms))
    for symptom in symptoms:
        if symptom not in words.symptoms:
            found.append(Fault("symptoms", "symptom.unknown", faults.SYMPTOM_UNKNOWN.format(value=str(symptom)[:20])))
    if raw.absent and not raw.cause:
        found.append(Fault("cause", "cause.required", faults.CAUSE_REQUIRED))
    elif raw.absent and raw.cause not in words.causes:
        found.append(Fault("cause", "cause.unknown", faults.CAUSE_UNKNOWN.format(value=raw.cause[:20])))
    elif raw.cause and not raw.absent:
        found.append(Fault("cause", "cause.while_present", faults.CAUSE_WHILE_HERE))
    if found:
        return None, found
    measured = temperature is not None
    said = Said(
        temperature=temperature,
        site=raw.site or (Site.UNKNOWN.value if measured else ""),
        instrument=raw.instrument or (Instrument.UNKNOWN.value if measured else ""),
        symptoms=symptoms,
        fever=words.is_fever(symptoms, temperature, raw.site),
        absent=raw.absent,
        cause=raw.cause if raw.absent else "",
    )
    return said, []

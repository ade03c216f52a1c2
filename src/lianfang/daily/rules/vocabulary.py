from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from lianfang.rulepacks import Packs
from lianfang.rulepacks.catalogs.health import AbsenceCause, Symptom

CountsAs = Literal["ill", "other", "unknown"]
FEVER = "fever"


@dataclass(frozen=True)
class Vocabulary:
    """The symptoms, causes and fever limits of the rule packs as they hold on a day. `version` names the packs."""

    symptoms: Mapping[str, Symptom]
    causes: Mapping[str, AbsenceCause]
    fever_from: Mapping[str, Decimal]
    version: str

    def counts_as(self, cause: str) -> CountsAs:
        """The column that a cause is counted in; a cause that is no longer in the pack counts as "other"."""
        known = self.causes.get(cause)
        return known.counts_as if known is not None else "other"

    def limit(self, site: str) -> Decimal:
        """From which °C a reading at this site is a fever at the morning and noon check."""
        return self.fever_from.get(site) or self.fever_from[""]

    def is_fever(self, symptoms: Collection[str], temperature: Decimal | None, site: str) -> bool:
        """Fever was ticked, or the reading reaches the limit for its site (rule pack `fever_limits`, context check)."""
        return FEVER in symptoms or (temperature is not None and temperature >= self.limit(site))

    @classmethod
    def of(cls, chosen: Packs, on: date) -> Vocabulary:
        """The vocabulary of packs on a day."""
        limits = [f for f in chosen.fever_limits.values() if f.context == "check" and f.celsius and f.in_force(on)]
        return cls(
            symptoms={key: s for key, s in chosen.symptoms.items() if s.in_force(on)},
            causes={key: c for key, c in chosen.absence_causes.items() if c.in_force(on)},
            fever_from={f.site.value if f.site else "": f.celsius for f in limits if f.celsius is not None},
            version=chosen.version,
        )

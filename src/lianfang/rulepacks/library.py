"""All packs together: typed catalogues, overrides laid over them, and answers with their provenance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

from lianfang.kernel.codes.divisions import NATION, ancestors
from lianfang.kernel.periods import Period
from lianfang.rulepacks.catalogs.diseases import Disease
from lianfang.rulepacks.catalogs.entry import Entry
from lianfang.rulepacks.catalogs.health import AbsenceCause, Symptom, Syndrome
from lianfang.rulepacks.catalogs.limits import ClusterRule, EventThreshold, FeverLimit, PlanSet, ReportClock, Standard
from lianfang.rulepacks.catalogs.organisation import GroupKind, PlaceKind, Role, UnitKind
from lianfang.rulepacks.catalogs.purposes import Purpose
from lianfang.rulepacks.catalogs.reporting import BureauTable, DutyTemplate, ReportKind
from lianfang.rulepacks.catalogs.signin import SignInProfile
from lianfang.rulepacks.errors import PackError, RuleNotInForce, UnknownRule
from lianfang.rulepacks.overrides import INSTITUTION, Override, applicable, lay_over, split_rule_id
from lianfang.rulepacks.reading import pack_files, read_yaml
from lianfang.rulepacks.schema import decode

PACKS_FOLDER = Path(__file__).parent / "packs"
CATALOGUES: Mapping[str, type[Entry]] = MappingProxyType(
    {
        "symptoms": Symptom,
        "syndromes": Syndrome,
        "absence_causes": AbsenceCause,
        "diseases": Disease,
        "clocks": ReportClock,
        "events": EventThreshold,
        "clusters": ClusterRule,
        "fever_limits": FeverLimit,
        "standards": Standard,
        "plan_sets": PlanSet,
        "unit_kinds": UnitKind,
        "roles": Role,
        "group_kinds": GroupKind,
        "place_kinds": PlaceKind,
        "report_kinds": ReportKind,
        "tables": BureauTable,
        "duty_templates": DutyTemplate,
        "purposes": Purpose,
        "sign_in_profiles": SignInProfile,
    }
)
_INHERITED = ("source", "jurisdiction", "valid_from", "valid_to", "needs_review", "locked")
_UNIT_BY_FIELD = {"celsius": "Cel", "hours": "h", "days": "d", "minutes": "min", "percent": "%", "mg_per_litre": "mg/L"}
Raw = dict[str, dict[str, dict[str, Any]]]
E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class RuleValue:
    """The answer of a rule: its typed value and everything needed to show and to replay it.

    ``version`` is the hash of the entry's content as it was used; ``overridden_from`` is the value that it replaced.
    """

    rule_id: str
    value: Any
    unit: str
    version: str
    source: tuple[str, ...]
    jurisdiction: str
    valid: Period
    needs_review: bool
    locked: bool
    overridden_from: RuleValue | None = None


class Packs:
    """Every catalogue, typed, by id. Immutable; made by :func:`packs`, :func:`read_packs` or :meth:`scoped`."""

    def __init__(self, raw: Raw, files: Mapping[tuple[str, str], str], overrides: tuple[Override, ...] = ()) -> None:
        self._raw = raw
        self._files = files
        self.overrides = overrides
        self._scoped: dict[Any, Packs] = {}

    @cached_property
    def version(self) -> str:
        """The hash of the content of all catalogues, 12 hexadecimal digits."""
        return content_version(self._raw)

    @cached_property
    def symptoms(self) -> Mapping[str, Symptom]:
        return self._catalogue("symptoms", Symptom)

    @cached_property
    def syndromes(self) -> Mapping[str, Syndrome]:
        return self._catalogue("syndromes", Syndrome)

    @cached_property
    def absence_causes(self) -> Mapping[str, AbsenceCause]:
        return self._catalogue("absence_causes", AbsenceCause)

    @cached_property
    def diseases(self) -> Mapping[str, Disease]:
        return self._catalogue("diseases", Disease)

    @cached_property
    def clocks(self) -> Mapping[str, ReportClock]:
        return self._catalogue("clocks", ReportClock)

    @cached_property
    def events(self) -> Mapping[str, EventThreshold]:
        return self._catalogue("events", EventThreshold)

    @cached_property
    def clusters(self) -> Mapping[str, ClusterRule]:
        return self._catalogue("clusters", ClusterRule)

    @cached_property
    def fever_limits(self) -> Mapping[str, FeverLimit]:
        return self._catalogue("fever_limits", FeverLimit)

    @cached_property
    def standards(self) -> Mapping[str, Standard]:
        return self._catalogue("standards", Standard)

    @cached_property
    def plan_sets(self) -> Mapping[str, PlanSet]:
        return self._catalogue("plan_sets", PlanSet)

    @cached_property
    def unit_kinds(self) -> Mapping[str, UnitKind]:
        return self._catalogue("unit_kinds", UnitKind)

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        return self._catalogue("roles", Role)

    @cached_property
    def place_kinds(self) -> Mapping[str, PlaceKind]:
        return self._catalogue("place_kinds", PlaceKind)

    @cached_property
    def group_kinds(self) -> Mapping[str, GroupKind]:
        return self._catalogue("group_kinds", GroupKind)

    @cached_property
    def report_kinds(self) -> Mapping[str, ReportKind]:
        return self._catalogue("report_kinds", ReportKind)

    @cached_property
    def tables(self) -> Mapping[str, BureauTable]:
        return self._catalogue("tables", BureauTable)

    @cached_property
    def duty_templates(self) -> Mapping[str, DutyTemplate]:
        return self._catalogue("duty_templates", DutyTemplate)

    @cached_property
    def purposes(self) -> Mapping[str, Purpose]:
        return self._catalogue("purposes", Purpose)

    @cached_property
    def sign_in_profiles(self) -> Mapping[str, SignInProfile]:
        return self._catalogue("sign_in_profiles", SignInProfile)

    def catalogue(self, name: str) -> Mapping[str, Entry]:
        """The entries of a catalogue by name. Raises ``UnknownRule``."""
        if name not in CATALOGUES:
            raise UnknownRule(f"no catalogue {name!r}; there are: {', '.join(CATALOGUES)}")
        return cast("Mapping[str, Entry]", getattr(self, name))

    def scoped(
        self,
        divisions: Iterable[str] = (),
        institution_overrides: Iterable[Override] = (),
        on: date | None = None,
        known_at: datetime | None = None,
    ) -> Packs:
        """The packs as they hold in a place on a day: overrides laid over, entries of other places and days left out.

        ``divisions`` are codes of the unit's province, city or county (one is enough); none: nothing is left out
        for its place. ``on`` None: nothing for its dates; ``known_at`` leaves out what was recorded later. Raises
        ``PackError`` for an override that does not fit.
        """
        places = tuple(divisions)
        own = tuple(institution_overrides)
        key = (places, own, on, known_at)
        if key not in self._scoped:
            if len(self._scoped) > 256:
                self._scoped.clear()
            self._scoped[key] = self._lay(applicable((*self.overrides, *own), places, on, known_at), places, on)
        return self._scoped[key]

    def resolve(
        self,
        rule_id: str,
        jurisdiction_codes: Iterable[str] = (),
        institution_overrides: Iterable[Override] = (),
        *,
        on: date,
        known_at: datetime | None = None,
    ) -> RuleValue:
        """The value of a rule in a place on a day, as known at an instant, with version, source and what it replaced.

        Raises ``UnknownRule``, ``RuleNotInForce`` (not on that day, not in that place) and ``PackError``.
        """
        places = tuple(jurisdiction_codes)
        catalogue, entry_id, path = split_rule_id(rule_id)
        raw = self._entry(catalogue, entry_id)
        in_force = applicable((*self.overrides, *institution_overrides), places, on, known_at)
        entry = self._typed(catalogue, entry_id, raw)
        answer = _rule_value(rule_id, raw, entry, path)
        for item in in_force:
            their_catalogue, their_entry, their_path = split_rule_id(item.rule_id)
            if (their_catalogue, their_entry) != (catalogue, entry_id):
                continue
            raw = self._with_override(raw, item)
            entry = self._typed(catalogue, entry_id, raw)
            if their_path == path[: len(their_path)] or path == their_path[: len(path)]:
                answer = replace(
                    _rule_value(rule_id, raw, entry, path),
                    source=item.source,
                    jurisdiction=item.jurisdiction,
                    valid=item.validity,
                    needs_review=item.needs_review,
                    overridden_from=answer,
                )
            else:
                answer = replace(answer, version=entry.version)
        if not entry.in_force(on):
            raise RuleNotInForce(f"{rule_id} is not in force on {on.isoformat()}")
        if entry.jurisdiction != NATION and not any(entry.applies_in(place) for place in places):
            raise RuleNotInForce(f"{rule_id} holds in {entry.jurisdiction} only")
        return answer

    def check_override(self, item: Override) -> None:
        """Whether an override can be recorded. Raises ``PackError`` or ``UnknownRule`` saying why not."""
        catalogue, entry_id, _ = split_rule_id(item.rule_id)
        raw = self._with_override(self._entry(catalogue, entry_id), item)
        self._typed(catalogue, entry_id, raw)

    def snapshot(self) -> Raw:
        """The untyped content, JSON-able: keep it by its ``version`` and any past answer can be replayed."""
        return cast("Raw", json.loads(json.dumps(self._raw)))

    @classmethod
    def from_snapshot(cls, raw: Raw, overrides: Iterable[Override] = ()) -> Packs:
        """The packs that a snapshot was taken of. Raises ``PackError`` if it does not fit this code."""
        return cls(raw, {}, tuple(overrides))

    def _entry(self, catalogue: str, entry_id: str) -> dict[str, Any]:
        try:
            return self._raw[catalogue][entry_id]
        except KeyError:
            raise UnknownRule(f"{catalogue}.{entry_id}") from None

    def _where(self, catalogue: str, entry_id: str) -> str:
        return f"{self._files.get((catalogue, entry_id), 'snapshot')}: {catalogue}.{entry_id}"

    def _typed(self, catalogue: str, entry_id: str, raw: Mapping[str, Any]) -> Entry:
        content = {**raw, "id": entry_id, "version": content_version(raw)}
        return cast("Entry", decode(CATALOGUES[catalogue], content, self._where(catalogue, entry_id)))

    def _catalogue(self, name: str, kind: type[E]) -> Mapping[str, E]:
        entries = {key: cast("E", self._typed(name, key, raw)) for key, raw in self._raw.get(name, {}).items()}
        return MappingProxyType(entries)

    def _with_override(self, raw: Mapping[str, Any], item: Override) -> dict[str, Any]:
        _, _, path = split_rule_id(item.rule_id)
        where = f"override {item.rule_id} ({item.jurisdiction})"
        if raw.get("locked") and item.jurisdiction == INSTITUTION:
            raise PackError(where, "this rule is law; an institution cannot change it")
        if path and path[0] in ("id", "version", "locked", "changed"):
            raise PackError(where, f"{path[0]} cannot be overridden")
        changed = lay_over(raw, path, item.value, where)
        mark = f"{'.'.join(path) or 'entry'}@{item.jurisdiction}"
        return {**changed, "changed": [*changed.get("changed", ()), mark]}

    def _lay(self, in_force: Iterable[Override], places: tuple[str, ...], on: date | None) -> Packs:
        raw: Raw = {name: dict(entries) for name, entries in self._raw.items()}
        for item in in_force:
            catalogue, entry_id, _ = split_rule_id(item.rule_id)
            raw[catalogue][entry_id] = self._with_override(self._entry_of(raw, catalogue, entry_id), item)
            self._typed(catalogue, entry_id, raw[catalogue][entry_id])
        for name, entries in raw.items():
            raw[name] = {key: entry for key, entry in entries.items() if _applies(entry, places) and _holds(entry, on)}
        return Packs(raw, self._files)

    @staticmethod
    def _entry_of(raw: Raw, catalogue: str, entry_id: str) -> dict[str, Any]:
        try:
            return raw[catalogue][entry_id]
        except KeyError:
            raise UnknownRule(f"{catalogue}.{entry_id}") from None


def _applies(entry: Mapping[str, Any], places: tuple[str, ...]) -> bool:
    where = entry.get("jurisdiction", NATION)
    return not places or where == NATION or any(where in ancestors(place) for place in places)


def _holds(entry: Mapping[str, Any], on: date | None) -> bool:
    """Whether an untyped entry is in force on a day; ISO dates compare as text."""
    if on is None:
        return True
    begins, ends = entry.get("valid_from"), entry.get("valid_to")
    return (begins is None or str(begins) <= on.isoformat()) and (ends is None or on.isoformat() < str(ends))


def content_version(content: Any) -> str:
    """The first 12 hexadecimal digits of SHA-256 over the canonical JSON of a tree."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _rule_value(rule_id: str, raw: Mapping[str, Any], entry: Entry, path: tuple[str, ...]) -> RuleValue:
    value: Any = entry
    node: Any = raw
    source, needs_review, unit = entry.source, entry.needs_review, str(getattr(entry, "unit", ""))
    for step in path:
        value = _step(value, step, rule_id)
        node = node.get(step) if isinstance(node, dict) else _item(node, step)
        unit = _UNIT_BY_FIELD.get(step.rsplit("_", 1)[-1], unit)
        if isinstance(node, dict):
            given = node.get("source", ())
            source = ((given,) if isinstance(given, str) else tuple(given)) or source
            needs_review = bool(node.get("needs_review", needs_review))
            unit = str(node.get("unit", unit))
    return RuleValue(
        rule_id, value, unit, entry.version, source, entry.jurisdiction, entry.validity, needs_review, entry.locked
    )


def _step(value: Any, step: str, rule_id: str) -> Any:
    if isinstance(value, Mapping):
        if step in value:
            return value[step]
    elif isinstance(value, tuple):
        if step.isdigit() and int(step) < len(value):
            return value[int(step)]
    elif hasattr(value, "__dataclass_fields__") and step in value.__dataclass_fields__:
        return getattr(value, step)
    raise UnknownRule(rule_id)


def _item(node: Any, step: str) -> Any:
    return node[int(step)] if isinstance(node, list) and step.isdigit() and int(step) < len(node) else None


def read_packs(folder: Path = PACKS_FOLDER) -> Packs:
    """Read every pack below a folder. Raises ``PackError`` naming the file and key; entries are typed at first use."""
    raw: Raw = {}
    files: dict[tuple[str, str], str] = {}
    overrides: list[Override] = []
    for path in pack_files(folder):
        name = path.relative_to(folder).as_posix()
        tree = read_yaml(path.read_text(encoding="utf-8"), name)
        about = tree.pop("about", {})
        if not isinstance(about, dict):
            raise PackError(f"{name}: about", "a mapping is expected")
        defaults = {key: about[key] for key in _INHERITED if key in about}
        for index, item in enumerate(tree.pop("overrides", ())):
            overrides.append(decode(Override, {**_without(defaults, "locked"), **item}, f"{name}: overrides[{index}]"))
        for catalogue, entries in tree.items():
            if catalogue not in CATALOGUES:
                raise PackError(f"{name}: {catalogue}", f"unknown catalogue; known are: {', '.join(CATALOGUES)}")
            if not isinstance(entries, dict):
                raise PackError(f"{name}: {catalogue}", "a mapping of entries is expected")
            for key, entry in entries.items():
                if not isinstance(entry, dict) or "." in key:
                    raise PackError(f"{name}: {catalogue}.{key}", "an entry is a mapping, and its id has no point")
                if (catalogue, key) in files:
                    raise PackError(f"{name}: {catalogue}.{key}", f"already in {files[catalogue, key]}")
                files[catalogue, key] = name
                raw.setdefault(catalogue, {})[key] = {**defaults, **entry}
    return Packs(raw, files, tuple(overrides))


def _without(mapping: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


@lru_cache(maxsize=1)
def packs() -> Packs:
    """The packs shipped with the system, read once in a process."""
    return read_packs()

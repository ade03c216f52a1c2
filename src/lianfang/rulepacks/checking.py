"""Whether packs fit together: every id that an entry names exists, every variant and override can be laid over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lianfang.kernel.clock import parse_local_time
from lianfang.rulepacks.catalogs.entry import Variant
from lianfang.rulepacks.errors import PackError, UnknownRule
from lianfang.rulepacks.library import Packs
from lianfang.rulepacks.overrides import Override

ROW_NAMES = frozenset({"row.number", "unit.name", "report.state", "report.signer", "report.signed_at"})


def problems(packs: Packs) -> list[str]:
    """What does not fit, one sentence each; empty for packs that are whole. Reads every entry of every catalogue."""
    return [
        *_units(packs),
        *_health(packs),
        *_diseases(packs),
        *_reports(packs),
        *_tables(packs),
        *_duties(packs),
        *_purposes(packs),
        *_sign_in(packs),
        *_overrides(packs),
    ]


def _missing(where: str, named: Iterable[str | None], known: Mapping[str, Any], what: str) -> Iterator[str]:
    for name in named:
        if name is not None and name not in known:
            yield f"{where}: no {what} {name!r}"


def _units(packs: Packs) -> Iterator[str]:
    for kind in packs.unit_kinds.values():
        yield from _missing(f"unit_kinds.{kind.id}", kind.parents, packs.unit_kinds, "unit kind")
    for role in packs.roles.values():
        yield from _missing(f"roles.{role.id}", role.unit_kinds, packs.unit_kinds, "unit kind")
    for place in packs.place_kinds.values():
        yield from _missing(f"place_kinds.{place.id}", place.under, packs.place_kinds, "place kind")


def _health(packs: Packs) -> Iterator[str]:
    for syndrome in packs.syndromes.values():
        for pattern in syndrome.patterns:
            named = sorted(pattern.all_of | pattern.any_of)
            yield from _missing(f"syndromes.{syndrome.id}", named, packs.symptoms, "symptom")
    for event in packs.events.values():
        yield from _missing(f"events.{event.id}", [event.disease], packs.diseases, "disease")
    for cluster in packs.clusters.values():
        where = f"clusters.{cluster.id}"
        yield from _missing(where, [cluster.disease], packs.diseases, "disease")
        yield from _missing(where, [cluster.clock], packs.clocks, "clock")
        yield from _missing(where, cluster.syndromes, packs.syndromes, "syndrome")


def _diseases(packs: Packs) -> Iterator[str]:
    for disease in packs.diseases.values():
        yield from _missing(f"diseases.{disease.id}", disease.syndromes, packs.syndromes, "syndrome")
        yield from _variants(packs, f"diseases.{disease.id}", disease.variants)
    for cluster in packs.clusters.values():
        yield from _variants(packs, f"clusters.{cluster.id}", cluster.variants)


def _variants(packs: Packs, where: str, variants: Mapping[str, Variant]) -> Iterator[str]:
    for name, variant in variants.items():
        try:
            packs.check_override(variant_override(where, variant))
        except (PackError, UnknownRule) as error:
            yield f"{where}.variants.{name}: {error}"


def variant_override(entry: str, variant: Variant) -> Override:
    """The override that puts a named variant of ``catalogue.entry`` in force, as an institution would record it."""
    rule_id = f"{entry}.{variant.field}"
    return Override(rule_id, variant.value, source=variant.source, needs_review=variant.needs_review)


def _reports(packs: Packs) -> Iterator[str]:
    for kind in packs.report_kinds.values():
        for name, level in kind.levels.items():
            where = f"report_kinds.{kind.id}.levels.{name}"
            yield from _missing(where, level.unit_kinds, packs.unit_kinds, "unit kind")
            yield from _missing(where, (*level.prepared_by, *level.signed_by), packs.roles, "role")
            if parse_local_time(level.opens) >= parse_local_time(level.due):
                yield f"{where}: opens after it is due"
            if level.next and parse_local_time(kind.levels[level.next].due) < parse_local_time(level.due):
                yield f"{where}: due after the level above"


def _tables(packs: Packs) -> Iterator[str]:
    for table in packs.tables.values():
        kind = packs.report_kinds.get(table.report_kind)
        if kind is None or table.level not in kind.levels:
            yield f"tables.{table.id}: no level {table.level!r} of report kind {table.report_kind!r}"
            continue
        for name, column in table.columns.items():
            unknown = column.value.names - set(kind.fields) - ROW_NAMES
            if unknown:
                yield f"tables.{table.id}.columns.{name}: no field {', '.join(sorted(unknown))}"


def _duties(packs: Packs) -> Iterator[str]:
    levels = {kind.level for kind in packs.unit_kinds.values()}
    for duty in packs.duty_templates.values():
        where = f"duty_templates.{duty.id}"
        holders = (duty.holder.role, *duty.holder.stand_in, *(step.role for step in duty.escalations))
        yield from _missing(where, holders, packs.roles, "role")
        yield from _missing(where, duty.holder.unit_kinds, packs.unit_kinds, "unit kind")
        if duty.due.report_kind is not None:
            kind = packs.report_kinds.get(duty.due.report_kind)
            if kind is None or duty.due.level not in kind.levels:
                yield f"{where}: no level {duty.due.level!r} of report kind {duty.due.report_kind!r}"
        for step in duty.escalations:
            if step.level not in levels:
                yield f"{where}: no level {step.level!r}"


def _purposes(packs: Packs) -> Iterator[str]:
    for purpose in packs.purposes.values():
        yield from _missing(f"purposes.{purpose.id}", purpose.seen_by, packs.roles, "role")
        for name, kept in purpose.kept.items():
            if any(source.startswith("OK-") for source in kept.source) and not kept.needs_review:
                yield f"purposes.{purpose.id}.kept.{name}: not seen in a source, so it needs review"


def _sign_in(packs: Packs) -> Iterator[str]:
    for profile in packs.sign_in_profiles.values():
        named = set(profile.second_factor_roles).union(*(limit.roles for limit in profile.sessions))
        yield from _missing(f"sign_in_profiles.{profile.id}", sorted(named), packs.roles, "role")


def _overrides(packs: Packs) -> Iterator[str]:
    for item in packs.overrides:
        try:
            packs.check_override(item)
        except (PackError, UnknownRule) as error:
            yield f"override {item.rule_id} ({item.jurisdiction}): {error}"

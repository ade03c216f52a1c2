"""Plain trees to frozen dataclasses, by their annotations; every error names the file and the key."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any

from lianfang.kernel.clock import as_utc, parse_local_time
from lianfang.rulepacks.errors import PackError
from lianfang.rulepacks.expressions import Expression

Decoder = Callable[[Any, str], Any]


class LocalTime(str):
    """A time of day as ``HH:MM`` (``24:00`` is allowed), in the institution's own zone."""

    __slots__ = ()


def decode(wanted: Any, raw: Any, where: str) -> Any:
    """``raw`` as the type ``wanted``. A leaf may be wrapped: ``{value: 24, unit: h, source: S1}``.

    Raises ``PackError``.
    """
    return _decoder(wanted)(raw, where)


@cache
def _decoder(wanted: Any) -> Decoder:
    """The decoding function of a type; built once for each."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return _optional(next(item for item in arguments if item is not type(None)))
    if origin is tuple:
        return _tuple(_decoder(arguments[0]))
    if origin is frozenset:
        items = _tuple(_decoder(arguments[0]))
        return lambda raw, where: frozenset(items(raw, where))
    if origin is Mapping or origin is dict:
        return _mapping(_decoder(arguments[1]))
    if origin is typing.Literal:
        return _leaf(_choice(frozenset(arguments)))
    if wanted is Any:
        return lambda raw, where: raw
    if wanted in _SCALARS:
        return _leaf(_SCALARS[wanted])
    if dataclasses.is_dataclass(wanted):
        return _dataclass(wanted)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return _leaf(_enum(wanted))
    raise TypeError(f"no decoder for {wanted!r}")


def _leaf(read: Decoder) -> Decoder:
    def decode_leaf(raw: Any, where: str) -> Any:
        if isinstance(raw, dict) and "value" in raw:
            raw = raw["value"]
        return read(raw, where)

    return decode_leaf


def _optional(inner: Any) -> Decoder:
    read = _decoder(inner)

    def decode_optional(raw: Any, where: str) -> Any:
        if isinstance(raw, dict) and "value" in raw and raw["value"] is None:
            return None
        return None if raw is None else read(raw, where)

    return decode_optional


def _tuple(read: Decoder) -> Decoder:
    def decode_tuple(raw: Any, where: str) -> tuple[Any, ...]:
        if isinstance(raw, dict) and "value" in raw:
            raw = raw["value"]
        if isinstance(raw, str):
            raw = [raw]
        if not isinstance(raw, list | tuple):
            raise PackError(where, "a list is expected")
        return tuple(read(item, f"{where}[{index}]") for index, item in enumerate(raw))

    return decode_tuple


def _mapping(read: Decoder) -> Decoder:
    def decode_mapping(raw: Any, where: str) -> Mapping[str, Any]:
        if not isinstance(raw, dict):
            raise PackError(where, "a mapping is expected")
        entries = {}
        for key, item in raw.items():
            entries[key] = read(item, f"{where}.{key}")
        return MappingProxyType(entries)

    return decode_mapping


def _choice(choices: frozenset[Any]) -> Decoder:
    def decode_choice(raw: Any, where: str) -> Any:
        if raw not in choices:
            allowed = ", ".join(sorted(map(str, choices)))
            raise PackError(where, f"{raw!r} is none of: {allowed}")
        return raw

    return decode_choice


def _enum(wanted: type[Enum]) -> Decoder:
    def decode_enum(raw: Any, where: str) -> Enum:
        try:
            return wanted(raw)
        except ValueError:
            allowed = ", ".join(str(item.value) for item in wanted)
            raise PackError(where, f"{raw!r} is none of: {allowed}") from None

    return decode_enum


def _dataclass(wanted: Any) -> Decoder:
    hints = typing.get_type_hints(wanted)
    fields = {f.name: f for f in dataclasses.fields(wanted) if f.init}
    readers: dict[str, Decoder] = {}
    required = {
        name
        for name, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }

    def decode_dataclass(raw: Any, where: str) -> Any:
        if isinstance(raw, wanted):
            return raw
        if not isinstance(raw, dict):
            raise PackError(where, f"a mapping is expected ({', '.join(fields)})")
        values = {}
        for key, item in raw.items():
            if key not in fields:
                raise PackError(f"{where}.{key}", f"unknown key; known are: {', '.join(fields)}")
            read = readers.get(key)
            if read is None:
                read = readers[key] = _decoder(hints[key])
            values[key] = read(item, f"{where}.{key}")
        missing = required - values.keys()
        if missing:
            raise PackError(where, f"missing: {', '.join(sorted(missing))}")
        try:
            return wanted(**values)
        except PackError:
            raise
        except ValueError as error:
            raise PackError(where, str(error)) from None

    return decode_dataclass


def _text(raw: Any, where: str) -> str:
    if isinstance(raw, str):
        return raw
    raise PackError(where, f"text is expected, not {raw!r}; put it in quotes")


def _whole(raw: Any, where: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise PackError(where, f"a whole number is expected, not {raw!r}")
    return raw


def _truth(raw: Any, where: str) -> bool:
    if not isinstance(raw, bool):
        raise PackError(where, f"true or false is expected, not {raw!r}")
    return raw


def _decimal(raw: Any, where: str) -> Decimal:
    if isinstance(raw, int | str | Decimal) and not isinstance(raw, bool):
        try:
            number = Decimal(raw)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise PackError(where, f"a number is expected, not {raw!r}")


def _day(raw: Any, where: str) -> date:
    try:
        return raw if type(raw) is date else date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise PackError(where, f"a day (YYYY-MM-DD) is expected, not {raw!r}") from None


def _instant(raw: Any, where: str) -> datetime:
    try:
        return as_utc(raw if isinstance(raw, datetime) else datetime.fromisoformat(raw))
    except (TypeError, ValueError):
        raise PackError(where, f"an instant with its zone is expected, not {raw!r}") from None


def _local_time(raw: Any, where: str) -> LocalTime:
    try:
        parse_local_time(_text(raw, where))
    except ValueError:
        raise PackError(where, f"a time of day (HH:MM) is expected, not {raw!r}") from None
    return LocalTime(raw)


def _expression(raw: Any, where: str) -> Expression:
    try:
        return Expression(_text(raw, where))
    except PackError:
        raise
    except ValueError as error:
        raise PackError(where, str(error)) from None


_SCALARS: dict[Any, Decoder] = {
    Expression: _expression,
    str: _text,
    int: _whole,
    bool: _truth,
    Decimal: _decimal,
    date: _day,
    datetime: _instant,
    LocalTime: _local_time,
}

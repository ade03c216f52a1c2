"""Which school (or authority) a request comes from, known before anything is read from the database: what fairness goes by.

A browser that is signed in carries its institution in a cookie of its own, bound to its session by a keyed digest; a program
carries it in its token, bound to the token's secret in the same way (a token that says nothing is recognised once it was
answered); everybody else is the address that they call from. Nothing here decides what anybody may do or see: a token opens
what the database says of the digest of its whole text, and a source that is out of date (somebody who moved to another
institution) costs a turn, no more.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.policy import units_of_family

COOKIE = "lianfang_source"
KNOWN = "lianfang.source"  # the key that a request came in under, in its environ
_MOST = 50_000
_programs: dict[int, str] = {}
_institutions: dict[int, int] = {}


def key_of(environ: Mapping[str, Any]) -> str:
    """The source of a request: `unit:<id>` where it is known, else `address:<client address>` (IPv6: its /64 network)."""
    authorization = environ.get("HTTP_AUTHORIZATION")
    if authorization:
        known = _programs.get(hash(authorization))
        if known is not None:
            return known
        unit = _said_by_token(authorization)
        if unit:
            return f"unit:{unit}"
    else:
        cookies = environ.get("HTTP_COOKIE")
        if cookies:
            unit = _claimed(_cookie(cookies, COOKIE), _cookie(cookies, settings.SESSION_COOKIE_NAME))
            if unit:
                return f"unit:{unit}"
    return _address(environ)


def _address(environ: Mapping[str, Any]) -> str:
    return "address:" + network_of(environ.get("REMOTE_ADDR") or "")


def network_of(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 address the first half, which one subscriber has whole."""
    if ":" not in address or "." in address:
        return address.removeprefix("::ffff:")
    head, _, tail = address.partition("::")
    groups = [g for g in head.split(":") if g]
    if "::" in address:
        last = [g for g in tail.split(":") if g]
        groups += ["0"] * max(8 - len(groups) - len(last), 0) + last
    return ":".join(groups[:4])


def _cookie(header: str, name: str) -> str:
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


def signature(unit_id: int | str, session_key: str) -> str:
    """What binds the cookie's unit to one session."""
    return _bound("source", unit_id, session_key)


def named_token(unit_id: int | None, secret: str) -> str:
    """A token that says which institution it comes from: `secret.unit.signature`, one word of `A-Za-z0-9_.-`; the bare
    secret for an account that belongs to none."""
    return secret if unit_id is None else f"{secret}.{unit_id}.{_bound('token source', unit_id, secret)}"


def _bound(to: str, unit_id: int | str, word: str) -> str:
    _, key = settings.KEYRING.current_key("index")
    return hmac.digest(key, f"{to}\0{unit_id}\0{word}".encode(), "sha256").hex()[:24]


def _claimed(value: str, session_key: str) -> str:
    unit, _, signed = value.partition(".")
    return _proven("source", unit, session_key, signed)


def _said_by_token(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    secret, *said = token.split(".", 2)
    if len(said) != 2 or scheme.lower() != "bearer":
        return ""
    return _proven("token source", said[0], secret, said[1])


def _proven(to: str, unit: str, word: str, signed: str) -> str:
    """The unit that was claimed if its signature is ours, else ""."""
    if not signed or not word or not (unit.isascii() and unit.isdigit()):
        return ""
    return unit if hmac.compare_digest(signed.encode(), _bound(to, unit, word).encode()) else ""


def institution_of(actor: Actor) -> int | None:
    """Id of the institution (or authority) where the actor belongs: where they hold a post, else where their child is."""
    path = actor.held[0].path if actor.held else ""
    if not path and actor.account_id is not None:
        path = next((unit.path or "" for unit in units_of_family(actor.account_id, actor.now)), "")
    ids = [int(part) for part in path.split("/") if part]
    if not ids:
        return None
    known = _institutions.get(ids[-1])
    if known is None:
        levels = dict(Unit.objects.filter(pk__in=ids).values_list("pk", "level"))
        known = next((pk for pk in ids if levels.get(pk) == "institution"), ids[-1])
        _bounded(_institutions)[ids[-1]] = known
    return known


def learn(request: Any, response: Any) -> int | None:
    """Remember where an answered request came from, and return that institution's id; asks the database only when a
    session or a token that says nothing is new here. A token that opens nothing (any more) takes no turns of the
    institution that it names: it is its address from then on."""
    actor: Actor | None = getattr(request, "actor", None)
    key = request.META.get(KNOWN) or key_of(request.META)
    authorization = request.META.get("HTTP_AUTHORIZATION")
    if actor is None or actor.account_id is None:
        if authorization and response.status_code == 401 and key.startswith("unit:"):
            _bounded(_programs)[hash(authorization)] = _address(request.META)
        return None
    if key.startswith("unit:"):
        return int(key[5:])
    unit_id = institution_of(actor)
    if authorization:
        _bounded(_programs)[hash(authorization)] = key if unit_id is None else f"unit:{unit_id}"
    elif unit_id is not None and (session_key := getattr(getattr(request, "session", None), "session_key", None)):
        response.set_cookie(
            COOKIE,
            f"{unit_id}.{signature(unit_id, session_key)}",
            max_age=settings.SESSION_COOKIE_AGE,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return unit_id


def forget_sources() -> None:
    """Empty what this process remembers (between tests, after a restore)."""
    _programs.clear()
    _institutions.clear()


def _bounded(known: dict[int, Any]) -> dict[int, Any]:
    if len(known) >= _MOST:
        known.clear()
    return known

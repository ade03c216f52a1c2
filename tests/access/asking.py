"""Asking one case as one part, and saying what is wrong with the answers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from lianfang.foundation.permissions import Permission, Reach
from tests.access.cases import Case, Verdict
from tests.access.relations import has_right, role_of
from tests.access.world import ASKING, PARTS

# A mutation run (dev.mutation) needs to know no more than that there is a problem.
MOST_PROBLEMS = 1 if os.environ.get("LIANFANG_MUTATION") else 50
REFUSED = (403, 404, 409, 422)
# What differs between any two answers: tokens, nonces, and the id that was asked for.
VARYING = re.compile(
    rb'value="[\w-]{20,}"|nonce="[^"]+"|content="[\w-]{20,}"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+'
)


# Who asks on PostgreSQL for what belongs to nobody's role: a member of staff, a guardian, an authority.
EVERYBODY = ("teacher", "mother", "officer")


def asking(case: Case, permission: Permission | None, database: str) -> list[str]:
    """Who asks. On SQLite everybody, which is the whole matrix. On PostgreSQL one of each reach that the permission has.

    Whether a role has a right is decided before any query, by the same code on both databases. What can differ is the
    SQL of the route, and that depends on the reach (a subtree, what stands under an authority, single persons): so for
    each reach the person asks who is given most of what the case holds, and with it for what is foreign and missing.
    """
    if database == "sqlite":
        return list(ASKING)
    if permission is None:
        return list(EVERYBODY)
    most: dict[Reach | None, tuple[list[Verdict], str]] = {}
    for part in ASKING:
        if not has_right(part, permission):
            continue
        given = [case.verdict(part, permission, key) for key in case.keys]
        reach = permission.roles.get(role_of(part))  # None: everybody's own
        most[reach] = max(most.get(reach, ([], "")), (given, part), key=lambda found: _much(found[0]))
    return [part for _given, part in most.values()]


def _much(given: list[Verdict]) -> tuple[int, int, int]:
    return given.count("yes"), given.count("refused"), len(given)


def judge(case: Case, permission: Permission | None, part: str, ask: Callable[[str, str], Any]) -> Iterator[str]:
    """Ask for every key of the case; yields a line for each answer that is not as declared."""
    if permission is not None and not has_right(part, permission):
        answer = ask(part, case.keys[0])
        if answer.status_code != 403:
            yield _line(case, part, case.keys[0], answer, "403: the role has no such right")
        return
    bodies: dict[str, bytes] = {}
    for key, verdict in thinned(case, permission, part):
        answer = ask(part, key)
        status = answer.status_code
        if verdict == "yes" and (status in (401, 403, 404) or status >= 500):
            yield _line(case, part, key, answer, "an answer: it is theirs")
        if verdict == "refused" and status not in REFUSED:
            yield _line(case, part, key, answer, "a refusal: visible, but not theirs to do")
        if verdict == "no":
            if status != 404:
                yield _line(case, part, key, answer, "404: foreign or missing")
            else:
                bodies[key] = VARYING.sub(b"", answer.content)
    if len(set(bodies.values())) > 1:
        yield f"{case.method} {case.route} as {part}: foreign and missing answer differently: {sorted(bodies)}"


def thinned(case: Case, permission: Permission | None, part: str) -> list[tuple[str, Verdict]]:
    """The keys that this part asks for: nearest and farthest of what is theirs, everything that is refused, what is
    missing, and two foreign ones, which differ from part to part so that together they ask for all."""
    found: dict[Verdict, list[str]] = {"yes": [], "no": [], "refused": []}
    for key in case.keys:
        found[case.verdict(part, permission, key) if permission is not None else "yes"].append(key)
    foreign = [key for key in found["no"] if key != "missing"]
    turn = PARTS.index(part)
    chosen = {foreign[(turn * 2 + n) % len(foreign)] for n in range(2)} if foreign else set()
    asked = {*found["yes"][:1], *found["yes"][-1:], *found["refused"][:2], *chosen, "missing"}
    return [(key, verdict) for verdict, keys in found.items() for key in keys if key in asked]


def _line(case: Case, part: str, key: str, answer: Any, wanted: str) -> str:
    body = answer.content[:200].decode(errors="replace") if "json" in answer.headers.get("Content-Type", "") else ""
    return f"{case.method} {case.route} as {part} for {key}: {answer.status_code}, wanted {wanted} {body}"

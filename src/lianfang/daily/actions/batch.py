"""Batches: one transaction for all, each item its own result.

The whole batch is tried at once, with bulk writes. When the database refuses it (a race with another process, a fault in
one item that no rule caught), it is rolled back and done again item by item, each in its savepoint, so that one item
never spoils the others. Storage that is gone (full disk, lost server) fails the batch as a whole: nothing is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import Error, IntegrityError, InterfaceError, OperationalError, transaction
from django.utils.translation import gettext_lazy as _

from lianfang.daily.actions.answers import Answer
from lianfang.daily.actions.items import Item
from lianfang.foundation.bulk import insert_rows
from lianfang.foundation.errors import ActionError, Conflict
from lianfang.foundation.models import Receipt
from lianfang.foundation.realm import in_realm
from lianfang.foundation.receipts import Submission, earlier_answers, receipt

log = logging.getLogger("lianfang.daily")
I = TypeVar("I", bound=Item)  # noqa: E741
A = TypeVar("A", bound=Answer)
Store = Callable[[Sequence[I]], Sequence[A | Exception]]

OTHER_CONTENT = _("这个编号的内容已经收到过，而且与这次不同。先前的内容保持不变；请刷新后重新填写。")
RACE = _("刚刚有人保存了同一项，这一份没有保存。请刷新后核对。")


def accept(items: Sequence[I], answer: type[A], store: Store[I, A]) -> list[A | Exception]:
    """One answer or exception per item, in order, after the commit. `store` writes items whose id is new."""
    results: list[A | Exception] = [Conflict(str(RACE))] * len(items)
    realms: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        realms.setdefault(item.actor.realm, []).append(index)
    for realm, indexes in realms.items():
        with in_realm(realm):
            mine = [items[i] for i in indexes]
            for i, result in zip(indexes, _accept_in_realm(mine, answer, store), strict=True):
                results[i] = result
    return results


def _accept_in_realm(items: Sequence[I], answer: type[A], store: Store[I, A]) -> list[A | Exception]:
    try:
        with transaction.atomic():
            return _once(items, answer, store)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(items) > 1 or not isinstance(error, IntegrityError):
            log.info("a batch of %d is done item by item: %s", len(items), type(error).__name__)
    with transaction.atomic():
        return [_alone(item, answer, store) for item in items]


def _alone(item: I, answer: type[A], store: Store[I, A]) -> A | Exception:
    try:
        with transaction.atomic():
            return _once([item], answer, store)[0]
    except (OperationalError, InterfaceError):
        raise
    except IntegrityError:
        return Conflict(RACE)  # type: ignore[arg-type]
    except ActionError as error:
        return error
    except Error:
        raise
    except Exception as error:
        log.exception("an item of %s could not be stored", store.__module__)
        return error


def _once(items: Sequence[I], answer: type[A], store: Store[I, A]) -> list[A | Exception]:
    submissions = [item.submission() for item in items]
    earlier = earlier_answers(submissions)
    first: dict[tuple[str, UUID], int] = {}
    hashes: dict[int, str] = {}
    results: dict[int, A | Exception] = {}
    fresh: list[int] = []
    for index, submission in enumerate(submissions):
        key = (submission.source, submission.client_id)
        if key in earlier:
            results[index] = _again(earlier[key], answer)
        elif key in first:
            hashes.setdefault(first[key], submissions[first[key]].body_hash)
            if hashes[first[key]] != submission.body_hash:
                results[index] = Conflict(OTHER_CONTENT)  # type: ignore[arg-type]
        else:
            first[key] = index
            fresh.append(index)
    stored = store([items[i] for i in fresh]) if fresh else []
    receipts: list[Receipt] = []
    for index, result in zip(fresh, stored, strict=True):
        results[index] = result
        if isinstance(result, Answer):
            receipts.append(receipt(submissions[index], result.as_json(), items[index].now))
    insert_rows(receipts)
    for index, submission in enumerate(submissions):
        if index not in results:
            results[index] = results[first[submission.source, submission.client_id]]
    return [results[i] for i in range(len(items))]


def _again(kept: Any, answer: type[A]) -> A | Exception:
    if isinstance(kept, Conflict):
        return Conflict(OTHER_CONTENT)  # type: ignore[arg-type]
    return answer.from_json(kept)


__all__ = ["Submission", "accept"]

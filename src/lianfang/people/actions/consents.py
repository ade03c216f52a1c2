"""The privacy notice as seen, and consents: facts in time, never changed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.foundation.access import permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Forbidden, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.people import perms
from lianfang.people.models import Consent, NoticeSeen, Person
from lianfang.people.queries.consents import notice_version
from lianfang.rulepacks import packs


def own_or_child(actor: Actor, person_id: int) -> Person:
    """Oneself or a child whose confirmed guardian one is. Raises Forbidden, NotFound."""
    scope = permit(actor, perms.PRIVACY_OWN)
    if actor.person_id is None or person_id not in scope.person_ids:
        raise NotFound("person")
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is None:
        raise NotFound("person")
    return person


@transaction.atomic
def see_notice(actor: Actor, now: datetime) -> NoticeSeen | None:
    """The actor has seen the notice in its present version. None when that was recorded before."""
    if actor.person_id is None:
        raise Forbidden(perms.PRIVACY_OWN.name)
    version = notice_version()
    row, new = NoticeSeen.objects.get_or_create(person_id=actor.person_id, version=version, defaults={"seen_at": now})
    if not new:
        return None
    write(actor, [Event("people.notice.seen", "person", actor.person_id, None, now, {"version": version})], now)
    return row


@transaction.atomic
def say_consent(actor: Actor, now: datetime, *, person_id: int, purpose: str, word: str) -> Consent:
    """Give, refuse or withdraw consent for one's child or oneself. Saying the same again stores nothing new.

    Raises Forbidden, NotFound; Invalid for a purpose that does not rest on consent or an unknown word.
    """
    person = own_or_child(actor, person_id)
    assert actor.person_id is not None  # nobody else has a child or a self
    known = packs().purposes.get(purpose)
    if known is None or known.basis != "consent":
        raise invalid("purpose", "no_consent", _("这个用途不以同意为依据，不需要表示同意或撤回。"))
    if word not in Consent.Word.values:
        raise invalid("word", "unknown", _("请选择同意、不同意或撤回。"))
    latest = Consent.objects.filter(child=person, speaker_id=actor.person_id, purpose=purpose).order_by(
        "-said_at", "-pk"
    )
    before = latest.first()
    if before is not None and before.word == word:
        return before
    row = Consent.objects.create(
        child=person,
        speaker_id=actor.person_id,
        purpose=purpose,
        word=word,
        notice_version=notice_version(),
        said_at=now,
        recorded_by_id=actor.account_id,
    )
    body = {"purpose": purpose, "word": word, "speaker": actor.person_id}
    write(actor, [Event("people.consent.said", "person", person.pk, None, now, body)], now)
    return row

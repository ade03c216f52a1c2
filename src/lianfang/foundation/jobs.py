"""What the foundation does at night and in between."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session

from lianfang.foundation.actions.retention import compact, remove_due
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import CacheEntry, RetentionRun
from lianfang.kernel.clock import zone

NIGHT = range(1, 5)
MISSED = timedelta(hours=50)


def retention(actor: Actor, now: datetime) -> RetentionRun | None:
    """Remove what is past its term once a night (01:00-05:00 of the installation's zone); by day only to go on with a
    killed run or to catch up after missed nights. None when it is not the time."""
    runs = RetentionRun.objects.filter(kind=RetentionRun.Kind.TERM)
    last = runs.order_by("-begun_at").first()
    night = now.astimezone(zone(settings.TIME_ZONE)).hour in NIGHT
    killed = last is not None and last.finished_at is None
    done_tonight = last is not None and not killed and now - last.begun_at < timedelta(hours=12)
    missed = last is not None and now - last.begun_at > MISSED
    if killed or missed or (night and not done_tonight):
        return remove_due(actor, now)
    return None


def clear_bytes(actor: Actor, now: datetime) -> bool:
    """Clear what was removed out of the database's files as well."""
    return compact(actor, now)


def forget_sessions(actor: Actor, now: datetime) -> None:
    """Remove sessions that have run out, with the address and browser they were opened from, and tries that no longer
    count. A row whose session is gone stays as long as a session can last: the session may be just being written."""
    Session.objects.filter(expire_date__lt=now).delete()
    ended = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    ended.filter(last_seen_at__lt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE)).delete()
    CacheEntry.objects.filter(expires__lt=now).delete()

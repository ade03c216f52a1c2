"""Tables of the foundation, by subject."""

from lianfang.foundation.models.accounts import Account, ApiToken, Grant, PastPassword
from lianfang.foundation.models.cache import CacheEntry
from lianfang.foundation.models.files import StoredFile
from lianfang.foundation.models.journal import (
    JournalEntry,
    JournalHead,
    JournalPayload,
    JournalSeal,
    NamedLook,
    ParkedEvent,
    ReaderCursor,
    Receipt,
)
from lianfang.foundation.models.realms import Realm, RealmModel
from lianfang.foundation.models.retention import RetentionCount, RetentionRun
from lianfang.foundation.models.settings import UnitSetting
from lianfang.foundation.models.units import AuthorityRelation, Unit

__all__ = [
    "Account",
    "ApiToken",
    "AuthorityRelation",
    "CacheEntry",
    "Grant",
    "JournalEntry",
    "JournalHead",
    "JournalPayload",
    "JournalSeal",
    "NamedLook",
    "ParkedEvent",
    "PastPassword",
    "ReaderCursor",
    "Realm",
    "RealmModel",
    "Receipt",
    "RetentionCount",
    "RetentionRun",
    "StoredFile",
    "Unit",
    "UnitSetting",
]

"""What people keeps about persons, for which purpose, and how it is removed (see `foundation.retention`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import DateField, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.utils.translation import gettext_lazy as _

from lianfang.foundation.files import erase_file
from lianfang.foundation.models import StoredFile
from lianfang.foundation.retention import Holding, Subject, dropping, register_holdings, register_scrubber
from lianfang.kernel.clock import zone
from lianfang.people.models import (
    Consent,
    DataRequest,
    Guardianship,
    Household,
    Membership,
    NoticeSeen,
    Occupancy,
    OwnDataCopy,
    Person,
    Post,
)


def departed() -> QuerySet[Any]:
    """Persons who belong nowhere, hold nothing and care for nobody: `left_on` is the last day of it (of rows without
    any, the day they were made), `last_path` the unit of their last membership."""
    own = {"person": OuterRef("pk")}
    open_member = Membership.objects.filter(ends=None, void_at=None, **own)
    open_post = Post.objects.filter(ends=None, void_at=None, **own)
    open_ward = Guardianship.objects.filter(ends=None, guardian=OuterRef("pk"))
    made = TruncDate("created_at", tzinfo=zone(settings.TIME_ZONE))

    def last(rows: Any, key: str) -> Any:
        grouped = rows.filter(**{key: OuterRef("pk")}).order_by().values(key).annotate(d=Max("ends")).values("d")
        return Coalesce(Subquery(grouped), made, output_field=DateField())

    path = Membership.objects.filter(void_at=None, **own).order_by("-ends", "-pk").values("unit__path")[:1]
    return Person.objects.filter(~Exists(open_member), ~Exists(open_post), ~Exists(open_ward)).annotate(
        left_on=Greatest(
            last(Membership.objects.filter(void_at=None), "person"),
            last(Post.objects.filter(void_at=None), "person"),
            last(Guardianship.objects.all(), "guardian"),
        ),
        last_path=Subquery(path),
    )


def _with_numbers() -> QuerySet[Any]:
    return departed().filter(Q(id_number__isnull=False) | Q(phone__isnull=False) | Q(household__isnull=False))


def empty_numbers(ids: Sequence[int], now: datetime) -> int:
    """Numbers and address of these persons; a household that nobody else lives in goes with them."""
    homes = list(Person.objects.filter(pk__in=ids).exclude(household=None).values_list("household_id", flat=True))
    number = Person.objects.filter(pk__in=ids).update(
        id_type="", id_number=None, id_index="", phone=None, phone_index="", household=None
    )
    Household.objects.filter(pk__in=homes).filter(~Exists(Person.objects.filter(household=OuterRef("pk")))).delete()
    return number


def empty_persons(ids: Sequence[int], now: datetime) -> int:
    """Everything of these persons but the row itself, so that counts of signed reports still add up (`erased_at`)."""
    empty_numbers(ids, now)
    Membership.objects.filter(person_id__in=ids).update(number="", order=0)
    return Person.objects.filter(pk__in=ids).update(
        name="", name_key="", sex=Person.Sex.UNKNOWN, birth_date=None, account=None, erased_at=now
    )


def _copies(ids: Sequence[int], now: datetime) -> int:
    files = list(OwnDataCopy.objects.filter(pk__in=ids).values_list("file_id", flat=True))
    OwnDataCopy.objects.filter(pk__in=ids).delete()
    for row in StoredFile.all_realms.filter(pk__in=files, erased_at=None):
        erase_file(row, now)
    StoredFile.all_realms.filter(pk__in=files).update(name="", sha256="")
    return len(ids)


def scrub(subject: Subject, now: datetime) -> dict[str, int]:
    """Copies that the person's guardians made hold the person's data as well."""
    guardians = Guardianship.objects.filter(child_id=subject.person_id).values("guardian_id")
    ids = list(OwnDataCopy.objects.filter(person_id__in=guardians).values_list("pk", flat=True))
    return {"own-data.exports": _copies(ids, now)} if ids else {}


def _empty_requests(ids: Sequence[int], now: datetime) -> int:
    return DataRequest.objects.filter(pk__in=ids).update(text=None, answer=None)


def _of_departed(model: Any, person: str) -> Any:
    """Rows about persons who left; `left_on` and `last_path` as of the person."""
    gone = departed().filter(pk=OuterRef(person))
    rows = model.objects.annotate(left_on=Subquery(gone.values("left_on")[:1]))
    return rows.annotate(last_path=Subquery(gone.values("last_path")[:1])).filter(left_on__isnull=False)


PERSON = {"name": _("姓名"), "sex": _("性别"), "birth_date": _("出生日期")}
NUMBERS = {"id_type": _("证件类型"), "id_number": _("证件号码"), "phone": _("手机号"), "household__address": _("住址")}


def keep() -> None:
    """Register what people keeps."""
    register_scrubber(scrub)
    register_holdings(
        Holding(
            "roster.identity",
            lambda: departed().filter(erased_at=None),
            "left_on",
            empty_persons,
            dated=True,
            unit="last_path",
            person="pk",
            shown=PERSON,
        ),
        Holding(
            "roster.numbers",
            _with_numbers,
            "left_on",
            empty_numbers,
            dated=True,
            unit="last_path",
            person="pk",
            shown=NUMBERS,
        ),
        Holding(
            "roster.guardians",
            lambda: Guardianship.objects.exclude(ends=None),
            "ends",
            dropping(Guardianship),
            dated=True,
            unit="",
            person="child_id",
            shown={"guardian__name": _("监护人"), "relation": _("关系"), "begins": _("开始"), "ends": _("结束")},
        ),
        Holding(
            "roster.beds",
            lambda: Occupancy.objects.exclude(ends=None),
            "ends",
            dropping(Occupancy),
            dated=True,
            unit="place__unit__path",
            person="person_id",
            shown={"place__name": _("地点"), "begins": _("开始"), "ends": _("结束")},
        ),
        Holding("own-data.exports", OwnDataCopy.objects.all, "made_at", _copies, unit="", person="person_id"),
        Holding(
            "own-data.requests",
            lambda: DataRequest.objects.filter(answered_at__isnull=False, text__isnull=False),
            "answered_at",
            _empty_requests,
            person="person_id",
            shown={"kind": _("类别"), "text": _("请求"), "asked_at": _("提出时间"), "answer": _("答复")},
        ),
        Holding(
            "own-data.consents",
            lambda: _of_departed(Consent, "child_id"),
            "left_on",
            dropping(Consent),
            dated=True,
            unit="last_path",
            person="child_id",
            shown={"purpose": _("用途"), "word": _("表示"), "said_at": _("时间")},
        ),
        Holding(
            "own-data.consents",
            lambda: _of_departed(NoticeSeen, "person_id"),
            "left_on",
            dropping(NoticeSeen),
            dated=True,
            unit="last_path",
            person="person_id",
            shown={"version": _("告知版本"), "seen_at": _("时间")},
        ),
    )

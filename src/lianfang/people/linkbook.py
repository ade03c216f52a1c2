"""The link book's rules and answers without an actor."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from lianfang.people.models import LinkEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise

KINDS: Mapping[str, StrOrPromise] = MappingProxyType(
    {
        "cdc": _("疾控中心"),
        "hospital": _("医院、社区卫生服务中心"),
        "township": _("街道、乡镇防疫办"),
        "bureau": _("教育局"),
        "police": _("公安、派出所"),
        "market": _("市场监管"),
        "community": _("社区"),
        "own": _("本单位人员"),
        "other": _("其他"),
    }
)
_PHONE = re.compile(r"\+?\d[\d*#]{2,19}")


def clean_number(text: str) -> str | None:
    """The number as it is dialled (digits, a leading plus), full-width digits, spaces, dashes and brackets understood;
    an extension follows after a comma, as telephones take it ("0571-87001234转801" → "057187001234,801").
    None for what is no number of 3 to 20 digits."""
    plain = unicodedata.normalize("NFKC", text)
    number, _word, extension = re.sub(r"(?:转|分机|ext\.?)", ",", plain, count=1, flags=re.IGNORECASE).partition(",")
    number, extension = (re.sub(r"[\s\-()—–]", "", part) for part in (number, extension))
    if not _PHONE.fullmatch(number) or (extension and not re.fullmatch(r"\d{1,6}", extension)):
        return None
    return f"{number},{extension}" if extension else number


def masked(number: str) -> str:
    """A number of which only the beginning and the last two digits are shown."""
    return f"{number[:3]}{'*' * max(len(number) - 5, 3)}{number[-2:]}" if len(number) > 5 else "*" * len(number)


def units_with_link_book(unit_ids: Iterable[int], on: date) -> set[int]:
    """Which of these units have entries in their link book on a day. One query."""
    rows = LinkEntry.objects.in_force(on).filter(unit_id__in=list(unit_ids))
    return set(rows.order_by().values_list("unit_id", flat=True).distinct())


def uncalled(unit_id: int, on: date, since: datetime) -> int:
    """How many entries of a unit's link book were not called since an instant. One query."""
    rows = LinkEntry.objects.in_force(on).filter(unit_id=unit_id)
    return int(rows.exclude(calls__called_at__gte=since).count())

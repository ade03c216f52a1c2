"""Forms of signing, amending and excusing. They only read what was typed; the actions judge it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.foundation.errors import Conflict, Invalid
from lianfang.reporting.actions import REASON_LENGTH, Statement, outstanding_ids


class StatementForm(forms.Form):
    """What a signer says on the page. `outstanding` is the list of ids that the page showed; ticking accepts it."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(max_length=16, widget=forms.HiddenInput)
    states_zero = forms.BooleanField(required=False, label=_("我确认：除未报单位外，当日没有病例和异常（零报告）"))
    accepted_unanswered = forms.CharField(
        required=False,
        max_length=20000,
        widget=forms.TextInput,  # the page draws a box whose value is the list; Django's own would read it as yes or no
        label=_("以上单位没有报（或没有签），我逐一列为未报，不按零计"),
    )
    reason = forms.CharField(required=False, max_length=REASON_LENGTH, label=_("迟报说明"))

    def statement(self) -> Statement:
        """The statement of a valid form."""
        said = self.cleaned_data
        return Statement(
            client_id=said["client_id"],
            seen=said["seen"],
            states_zero=said["states_zero"],
            accepted_unanswered=outstanding_ids(str(said["accepted_unanswered"]).split(",")),
            reason=said["reason"],
        )


class AmendForm(StatementForm):
    """The same with a reason that is asked for."""

    reason = forms.CharField(
        max_length=REASON_LENGTH, label=_("更正原因"), error_messages={"required": _("请写明更正的原因。")}
    )


class ExcuseForm(forms.Form):
    """Why a lateness is accepted."""

    reason = forms.CharField(max_length=REASON_LENGTH, label=_("认可的迟报原因"))


def fresh_id() -> str:
    """A client's id for a page that was just opened."""
    return str(uuid.uuid4())


def put_errors(form: forms.Form, error: Invalid | Conflict) -> None:
    """What an action refused, at the field where it can be mended, else over the whole form."""
    if isinstance(error, Conflict):
        form.add_error(None, error.message)
        return
    for item in error.errors:
        shown: Any = item.field if item.field in form.fields and item.field not in ("seen", "client_id") else None
        form.add_error(shown, item.message)

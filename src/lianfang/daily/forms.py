"""Forms of pages without a script. They carry what was typed to the rules, which alone judge it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lianfang.daily import words as say
from lianfang.daily.rules import Mark, MarkInput, Vocabulary
from lianfang.daily.rules.marks import ABSENT, LATE, LEFT_EARLY, PRESENT
from lianfang.foundation.errors import FieldError, Invalid

PRESENCES = (
    (PRESENT, gettext_lazy("到校")),
    (LATE, gettext_lazy("迟到")),
    (LEFT_EARLY, gettext_lazy("早退")),
    (ABSENT, gettext_lazy("缺勤")),
)


class BodyForm(forms.Form):
    """Temperature with site and instrument, symptoms."""

    symptoms = forms.MultipleChoiceField(
        label=gettext_lazy("症状"), required=False, widget=forms.CheckboxSelectMultiple
    )
    temperature = forms.CharField(
        label=gettext_lazy("体温（℃）"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    site = forms.ChoiceField(label=gettext_lazy("测量部位"), required=False)
    instrument = forms.ChoiceField(label=gettext_lazy("体温计"), required=False)

    def __init__(self, *args: Any, words: Vocabulary, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = [*say.symptom_options(words, quick=True), *say.symptom_options(words, quick=False)]
        self.choose("symptoms", [(o["value"], o["label"]) for o in listed])
        self.choose("site", [("", _("没有填")), *((o["value"], o["label"]) for o in say.site_options())])
        self.choose("instrument", [("", _("没有填")), *((o["value"], o["label"]) for o in say.instrument_options())])

    def choose(self, name: str, options: Sequence[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(options)

    def take(self, error: Invalid, prefix: str = "") -> list[str]:
        """Put the errors of an action at their fields; returns the words of those that have none here."""
        rest = []
        for item in error.errors:
            name = item.field.removeprefix(prefix)
            if item.field.startswith(prefix) and name in self.fields:
                self.add_error(name, str(item.message))
            else:
                rest.append(str(item.message))
        return rest


class MarkForm(BodyForm):
    """One exception on a roll."""

    presence = forms.ChoiceField(
        label=gettext_lazy("到校情况"), choices=PRESENCES, required=False, widget=forms.RadioSelect, initial=PRESENT
    )
    cause = forms.ChoiceField(label=gettext_lazy("缺勤原因"), required=False)
    onset = forms.DateField(
        label=gettext_lazy("发病日期"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    diagnosis = forms.CharField(label=gettext_lazy("诊断"), required=False)
    hospital = forms.CharField(label=gettext_lazy("就诊医院"), required=False)
    note = forms.CharField(label=gettext_lazy("备注"), required=False)
    field_order = ("presence", "cause", "symptoms", "temperature", "site", "instrument", "onset", "diagnosis")

    def __init__(self, *args: Any, words: Vocabulary, **kwargs: Any) -> None:
        super().__init__(*args, words=words, **kwargs)
        self.choose("cause", [("", _("没有缺勤")), *((o["value"], o["label"]) for o in say.cause_options(words))])

    @staticmethod
    def initial_of(mark: Mark | None) -> dict[str, Any]:
        """What the form shows for a mark; an empty exception (absent, to be said why) for None."""
        if mark is None:
            return {"presence": PRESENT}
        return {
            "presence": mark.presence,
            "cause": mark.cause,
            "symptoms": list(mark.symptoms),
            "temperature": mark.temperature,
            "site": mark.site,
            "instrument": mark.instrument,
            "onset": mark.onset,
            "diagnosis": mark.diagnosis,
            "hospital": mark.hospital,
            "note": mark.note,
        }

    def mark(self, person_id: int, answers: Sequence[int]) -> MarkInput:
        """The exception as typed. Call after `is_valid`; what is wrong in form only is left out and said by the form."""
        typed = self.cleaned_data
        return MarkInput(
            person_id=person_id,
            presence=typed.get("presence") or PRESENT,
            cause=typed.get("cause", ""),
            symptoms=tuple(typed.get("symptoms", ())),
            temperature=typed.get("temperature") or None,
            site=typed.get("site", ""),
            instrument=typed.get("instrument", ""),
            onset=typed.get("onset"),
            diagnosis=typed.get("diagnosis", ""),
            hospital=typed.get("hospital", ""),
            note=typed.get("note", ""),
            answers=tuple(answers),
        )


class SheetRowForm(BodyForm):
    """One line of a printed roll. Symptoms of the first screen are ticked, another one is chosen from the list."""

    presence = forms.ChoiceField(choices=PRESENCES, required=False, initial=PRESENT)
    cause = forms.ChoiceField(required=False)
    other = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, words: Vocabulary, **kwargs: Any) -> None:
        super().__init__(*args, words=words, **kwargs)
        quick = [(o["value"], o["label"]) for o in say.symptom_options(words, quick=True)]
        rest = [(o["value"], o["label"]) for o in say.symptom_options(words, quick=False)]
        self.choose("symptoms", quick)
        self.choose("other", [("", "—"), *rest])
        self.choose("cause", [("", "—"), *((o["value"], o["label"]) for o in say.cause_options(words))])

    @staticmethod
    def initial_of(mark: Mark | None) -> dict[str, Any]:
        """What is known of the person before the sheet is entered."""
        return MarkForm.initial_of(mark)

    def mark(self, person_id: int, answers: Sequence[int]) -> MarkInput | None:
        """The exception as written on the sheet, None for who was present and well. Call after `is_valid`."""
        typed = self.cleaned_data
        symptoms = (*typed.get("symptoms", ()), *filter(None, (typed.get("other"),)))
        temperature = typed.get("temperature") or None
        presence = typed.get("presence") or PRESENT
        if presence == PRESENT and not symptoms and not temperature and not answers:
            return None
        return MarkInput(
            person_id=person_id,
            presence=presence,
            cause=typed.get("cause", "") if presence == ABSENT else "",
            symptoms=symptoms,
            temperature=temperature,
            site=typed.get("site", "") if temperature else "",
            answers=tuple(answers),
        )


class ReportForm(BodyForm):
    """Details of a person's day."""

    absent = forms.BooleanField(label=gettext_lazy("今天不到校（不到岗）"), required=False)
    cause = forms.ChoiceField(label=gettext_lazy("原因"), required=False)
    contact_case = forms.BooleanField(label=gettext_lazy("近期接触过传染病病人或疑似病人"), required=False)
    contact_region = forms.BooleanField(label=gettext_lazy("近期接触过从重点地区来的人"), required=False)
    track = forms.CharField(
        label=gettext_lazy("近期去过的地方"),
        help_text=gettext_lazy("自愿填写：家长（或满 14 岁的本人）同意后才会保存，不同意不影响上报。"),
        required=False,
        max_length=500,
    )

    def __init__(self, *args: Any, words: Vocabulary, **kwargs: Any) -> None:
        super().__init__(*args, words=words, **kwargs)
        self.choose("cause", [("", _("没有缺勤")), *((o["value"], o["label"]) for o in say.cause_options(words))])


class LeaveForm(BodyForm):
    """Somebody leaves before the end of the day."""

    person_id = forms.TypedChoiceField(label=gettext_lazy("谁离校"), coerce=int)
    cause = forms.ChoiceField(label=gettext_lazy("原因"))
    left_at = forms.TimeField(
        label=gettext_lazy("离校时间"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    fetched_by = forms.CharField(label=gettext_lazy("由谁接走"), required=False, max_length=100)
    hospital = forms.CharField(label=gettext_lazy("去往医院"), required=False, max_length=100)
    note = forms.CharField(label=gettext_lazy("备注"), required=False, max_length=500)
    field_order = ("person_id", "cause", "left_at")

    def __init__(self, *args: Any, words: Vocabulary, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, words=words, **kwargs)
        self.choose("person_id", [(str(person_id), name) for person_id, name in people])
        self.choose("cause", [(o["value"], o["label"]) for o in say.cause_options(words)])


def day_of(query: QueryDict) -> date | None:
    """The day named in the address, None when it is missing, unreadable or of another age."""
    try:
        day = date.fromisoformat(query.get("day", ""))
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def row_id(text: str) -> int | None:
    """The id that a form sends back, None for "". Raises ValueError for what is no id."""
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("no id")
    return int(text) if text else None


def form_faults(form: forms.Form) -> list[FieldError]:
    """What the form itself could not read, as errors of fields."""
    return [FieldError(name, "format", str(text)) for name, texts in form.errors.items() for text in texts]


__all__ = ["BodyForm", "LeaveForm", "MarkForm", "ReportForm", "SheetRowForm", "day_of", "form_faults", "row_id"]

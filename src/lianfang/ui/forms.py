"""Bound form fields drawn our way: classes, described-by ids, and errors that lead to their field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


def _class_for(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        return "lf-choice-list"
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"


def control(field: BoundField) -> SafeString:
    """The control of a bound field with its classes; marked invalid when it has errors."""
    attrs: dict[str, Any] = {}
    widget = field.field.widget
    own = str(widget.attrs.get("class", ""))
    invalid = " is-invalid" if field.errors else ""
    attrs["class"] = f"{_class_for(widget)} {own}".strip() + invalid
    described = [f"{field.id_for_label}-help"] if field.help_text else []
    if field.errors:
        described.append(f"{field.id_for_label}-error")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


def error_links(form: forms.BaseForm | None, errors: list[dict[str, str]] | None = None) -> list[dict[str, str]]:
    """All errors as dicts `href` (the field, or empty for the whole form) and `text`, in the order of the fields."""
    links = list(errors or [])
    if form is None or not form.is_bound:
        return links
    links += [{"href": "", "text": str(text)} for text in form.non_field_errors()]
    for name in form.errors:
        if name not in form.fields:
            continue
        field = form[name]
        href = f"#{field.id_for_label or field.auto_id}"
        links += [
            {"href": href, "text": _("%(label)s：%(text)s") % {"label": field.label, "text": text}}
            for text in field.errors
        ]
    return links

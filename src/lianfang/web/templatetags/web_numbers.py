"""Figures of reports as they are written on the overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from lianfang.reporting.queries import Row
from lianfang.rulepacks.catalogs.reporting import ReportKind
from lianfang.web.overview import TREND_HEIGHT

register = template.Library()


@register.simple_tag
def figure_label(kind: ReportKind, name: str) -> str:
    """The short name of a field of the report in the reader's language."""
    field = kind.fields[name]
    return (field.short or field.label).text(get_language() or "zh")


@register.simple_tag
def figure(counts: Mapping[str, int | None] | None, name: str) -> str:
    """A number; a dash where nothing came, a star where the number is hidden because it is small."""
    if counts is None or name not in counts:
        return "–"
    value = counts[name]
    return "＊" if value is None else f"{value:d}"


@register.simple_tag
def unit_cell(row: Row, label: str, day: str) -> SafeString:
    """The name of a row's unit as a cell; an institution leads to its own overview of the day."""
    if row.reduced or row.unit.level != "institution":
        return format_html('<td data-label="{}">{}</td>', label, row.unit.name)
    link = '<td data-label="{}"><a href="/overview/{}/?day={}">{}</a></td>'
    return format_html(link, label, row.unit.pk, day, row.unit.name)


@register.simple_tag(takes_context=True)
def figure_cells(
    context: template.Context, kind: ReportKind, counts: Mapping[str, int | None] | None, names: Sequence[str]
) -> SafeString:
    """The numbers of one row as cells of a table. A county has hundreds of rows: what is alike in all is made once."""
    page: Any = context.render_context
    key = (figure_cells, kind.id, tuple(names))
    if key not in page:
        opening = '<td data-label="{}" class="text-end">'
        page[key] = [(name, format_html(opening, figure_label(kind, name))) for name in names]
    return SafeString("".join(f"{opening}{figure(counts, name)}</td>" for name, opening in page[key]))


@register.filter
def from_top(height: int) -> int:
    """Where a bar of that height begins, counted from above."""
    return TREND_HEIGHT - height

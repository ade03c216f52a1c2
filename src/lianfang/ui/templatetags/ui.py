"""Template tags of the components."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info

from lianfang.kernel.labels import Label
from lianfang.ui import clockwords, forms, status
from lianfang.ui.icons import ICONS

register = template.Library()


@register.simple_tag
def status_of(key: str, group: str = "") -> status.Status:
    """The catalogue entry of a key; raises UnknownStatus, so that a misspelt key is seen at once."""
    return status.get(key, group)


@register.filter
def icon_id(name: str) -> str:
    """The name of an icon, checked against the sprite; raises ValueError for one that is not in it."""
    if name not in ICONS:
        raise ValueError(f"no such icon in the sprite: {name}")
    return name


@register.simple_tag
def due_words(at: datetime | None, now: datetime | None, done_at: datetime | None = None) -> clockwords.DueWords | None:
    """Words, role and icon for a deadline; None without a deadline."""
    if at is None:
        return None
    return clockwords.due_words(at, now, done_at)


@register.simple_tag
def control(field: Any) -> SafeString:
    """A bound field's control with our classes and the ids of its help and error texts."""
    return forms.control(field)


@register.simple_tag
def form_errors(form: Any, errors: Any = None) -> list[dict[str, str]]:
    """Errors of a form (or of ready dicts `href`, `text`) as links to their fields."""
    return forms.error_links(form, errors)


@register.simple_tag(takes_context=True)
def page_url(context: template.Context, number: int, name: str = "page") -> str:
    """The query string of another page of the same list, all other parameters kept."""
    request: HttpRequest | None = context.get("request")
    query = request.GET.copy() if request is not None else None
    if query is None:
        return f"?{name}={number}"
    query[name] = str(number)
    return "?" + query.urlencode()


@register.simple_tag
def page_numbers(page: Page[Any]) -> list[int | str]:
    """Page numbers to offer, with an ellipsis where some are left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.filter
def is_in(value: Any, chosen: Any) -> bool:
    """Whether `value` is among the chosen ones, compared as text; a single chosen value counts as a list of one."""
    if chosen is None or chosen == "":
        return False
    if isinstance(chosen, str | int | float):
        return str(value) == str(chosen)
    return str(value) in {str(item) for item in chosen}


@register.simple_tag
def percent(value: Any, maximum: Any) -> str:
    """A share in whole percent, never 100 % before it is complete; empty where there is nothing to share."""
    try:
        part, whole = float(value), float(maximum)
    except (TypeError, ValueError):
        return ""
    if whole <= 0:
        return ""
    share = round(100 * part / whole)
    return f"{min(share, 99) if part < whole else 100} %"


@register.simple_tag
def icon_svg(name: str, label: str = "") -> SafeString:
    """An icon drawn from the sprite; hidden from screen readers unless it has a label."""
    href = f"{static('ui/vendor/icons.svg')}#{icon_id(name)}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.simple_tag
def icon_href() -> str:
    """The address of the sprite, for scripts that choose an icon."""
    return static("ui/vendor/icons.svg")


@register.simple_tag
def language_name(code: str) -> str:
    """A language under its own short name: 中文, English."""
    if code.startswith("zh"):
        return "中文"
    return str(get_language_info(code)["name_local"])


@register.filter
def in_words(label: Label | None) -> str:
    """A text of the rule packs in the reader's language."""
    return label.text(get_language() or "") if label is not None else ""


class AlikeNode(template.Node):
    """See `alike`."""

    def __init__(self, nodelist: template.NodeList, keys: list[template.base.FilterExpression]) -> None:
        self.nodelist = nodelist
        self.keys = keys

    def render(self, context: template.Context) -> SafeString:
        page: Any = context.render_context
        kept: dict[tuple[Any, ...], SafeString] = page.setdefault(self, {})
        key = tuple(expression.resolve(context) for expression in self.keys)
        if key not in kept:
            kept[key] = self.nodelist.render(context)
        return kept[key]


@register.tag
def alike(parser: template.base.Parser, token: template.base.Token) -> AlikeNode:
    """`{% alike row.state %} … {% endalike %}`: the block is written once on a page for all rows with the same values, and
    repeated. For long lists; the block may use nothing else that differs from row to row."""
    names = token.split_contents()[1:]
    nodelist = parser.parse(("endalike",))
    parser.delete_first_token()
    return AlikeNode(nodelist, [parser.compile_filter(name) for name in names])

"""What the components write: rendered alone, through the project's own template engine."""

import re

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler

from lianfang.ui.templatetags.ui import percent


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def render(source, **context):
    compiled = CottonCompiler().process(source)
    return engines["django"].from_string(compiled).render(context, RequestFactory().get("/list?q=a%26b&page=2"))


class Absence(forms.Form):
    name = forms.CharField(label="姓名", help_text="如证件")
    days = forms.IntegerField(label="天数", required=False)

    def clean(self):
        raise forms.ValidationError("<b>不能同时</b>")


def test_a_status_says_it_in_words_and_by_icon_and_colour():
    html = render('<c-status key="missing" note="3 班" />')
    assert "role-late" in html
    assert "#file-off" in html
    assert "未报" in html
    assert "3 班" in html


def test_the_late_flag_stands_beside_the_status():
    html = render('<c-status key="confirmed_zero" late="yes" />')
    assert html.index("零报告已确认") < html.index("迟报")


@pytest.mark.parametrize("key, text", [("duty.open", "待办"), ("open", "待报")])
def test_a_status_of_a_group(key, text):
    assert text in render(f'<c-status key="{key}" />')


def test_text_from_people_is_escaped_everywhere():
    nasty = "<script>alert(1)</script>"
    html = render(
        '<c-person-row :name="nasty" :detail="nasty" /><c-stat :label="nasty" :value="nasty" />'
        '<c-field name="a" :label="nasty" :value="nasty" :error="nasty" />'
        '<c-card :title="nasty">{{ nasty }}</c-card><c-empty :title="nasty">{{ nasty }}</c-empty>',
        nasty=nasty,
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 11


def test_a_bound_field_keeps_what_was_typed_and_names_its_error():
    form = Absence({"name": "王一诺", "days": "三天"})
    html = render('<c-field :field="form.days" /><c-field :field="form.name" />', form=form)
    assert 'value="三天"' in html
    assert 'value="王一诺"' in html
    assert re.search(r'id="id_days"[^>]*aria-describedby="id_days-error"|aria-describedby="id_days-error"[^>]*', html)
    assert 'id="id_days-error"' in html
    assert 'aria-describedby="id_name-help"' in html
    assert html.count("选填") == 1


def test_a_raw_field_keeps_what_was_typed():
    html = render('<c-field name="mgl" label="浓度" value="0" error="太低" help="毫克每升" suffix="mg/L" />')
    assert 'value="0"' in html
    assert 'aria-describedby="id_mgl-help id_mgl-error"' in html
    assert '<label class="lf-label" for="id_mgl">' in html


def test_the_error_summary_leads_to_each_field():
    html = render('<c-error-summary :form="form" />', form=Absence({"name": "", "days": "x"}))
    assert '<a href="#id_name">姓名：' in html
    assert '<a href="#id_days">天数：' in html
    assert "&lt;b&gt;不能同时" in html


@pytest.mark.parametrize("form", [Absence(), None])
def test_no_errors_no_summary(form):
    assert render('<c-error-summary :form="form" />', form=form).strip() == ""


def test_pages_keep_the_other_parameters():
    html = render('<c-pagination :page="page" />', page=Paginator(range(100), 10).page(2))
    assert "?q=a%26b&amp;page=3" in html
    assert 'aria-current="page">2<' in html


def test_one_page_needs_no_pagination():
    assert render('<c-pagination :page="page" />', page=Paginator(range(3), 10).page(1)).strip() == ""


@pytest.mark.parametrize(
    "value, maximum, text",
    [(0, 36, "0 %"), (32, 36, "89 %"), (4999, 5000, "99 %"), (5000, 5000, "100 %"), (1, 0, ""), ("", 3, "")],
)
def test_a_share_is_never_complete_too_early(value, maximum, text):
    assert percent(value, maximum) == text


def test_chips_and_segments_know_what_is_chosen():
    options = [{"value": "1", "label": "一"}, {"value": "11", "label": "十一"}]
    html = render(
        '<c-chips name="a" legend="甲" :options="options" :selected="chosen" />'
        '<c-segmented name="b" legend="乙" :options="options" value="11" />',
        options=options,
        chosen=["11"],
    )
    assert re.findall(r'name="(\w)" id="\w+" value="(\w+)" checked', html) == [("a", "11"), ("b", "11")]


def test_the_fifth_of_many_entries_goes_under_more_on_phones():
    items = [{"label": f"第{i}", "url": f"/{i}", "icon": "home", "active": i == 5, "count": i} for i in range(6)]
    html = render('<c-nav :items="items" />', items=items)
    assert html.count("lf-nav-rest") == 2
    assert "lf-nav-more" in html
    assert "lf-nav-more" not in render('<c-nav :items="items" />', items=items[:5])


def test_an_icon_that_is_not_in_the_sprite_is_refused():
    with pytest.raises(ValueError, match="no such icon"):
        render('<c-icon name="unicorn" />')


def test_rows_that_are_alike_are_written_once():
    calls = []

    class Row:
        def __init__(self, state):
            self.state = state

        def words(self):
            calls.append(self.state)
            return f"<{self.state}>"

    source = "{% load ui %}{% for row in rows %}{% alike row.state %}{{ row.words }}{% endalike %},{% endfor %}"
    rows = [Row(state) for state in "abab"]
    assert render(source, rows=rows) == "&lt;a&gt;,&lt;b&gt;,&lt;a&gt;,&lt;b&gt;,"
    assert calls == ["a", "b"]
    assert render(source, rows=[Row("c")]) == "&lt;c&gt;,"

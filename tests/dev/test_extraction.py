"""Messages are found as gettext will look them up."""

import pytest

from dev.extraction import ExtractionError, Message, from_python, from_template

HEAD = "from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext\n"


@pytest.mark.parametrize(
    "source, expected",
    [
        ('_("早")', {Message("", "早")}),
        ('_("早" "安")', {Message("", "早安")}),
        ('gettext_lazy("姓名")', {Message("", "姓名")}),
        ('_("%(n)d 人") % {"n": 3}', {Message("", "%(n)d 人")}),
        ('ngettext("%(n)d 人", "%(n)d 人们", 3)', {Message("", "%(n)d 人", "%(n)d 人们")}),
        ('pgettext("日历", "月")', {Message("日历", "月")}),
        ("_(title)", set()),
        ('print("不译")', set()),
    ],
)
def test_python(source, expected):
    assert from_python(HEAD + source) == expected


def test_an_underscore_that_is_not_gettext_is_left_alone():
    assert from_python('_ = print\n_("早")') == set()


def test_the_marker_of_rooms_without_django():
    assert from_python('from lianfang.kernel.labels import gettext_noop as N_\nN_("早")') == {Message("", "早")}


@pytest.mark.parametrize("source", ['_(f"早 {n}")', '_("早 %s" % n)', '_("早" + n)'])
def test_composed_texts_are_refused_with_their_line(source):
    with pytest.raises(ExtractionError, match=r"room/views\.py:2"):
        from_python(HEAD + source, "room/views.py")


@pytest.mark.parametrize(
    "source, expected",
    [
        ("{% translate '早' %}", {Message("", "早")}),
        ('<a title="{% trans "早" %}">', {Message("", "早")}),
        ('{% translate "月" context "日历" %}', {Message("日历", "月")}),
        ("{% blocktranslate %}{{ n }} 人{% endblocktranslate %}", {Message("", "%(n)s 人")}),
        ("{% blocktranslate trimmed %}\n  早\n  安\n{% endblocktranslate %}", {Message("", "早 安")}),
        (
            "{% blocktranslate count n=x %}{{ n }} 人{% plural %}{{ n }} 人们{% endblocktranslate %}",
            {Message("", "%(n)s 人", "%(n)s 人们")},
        ),
        ('{{ name|default:_("无") }}', {Message("", "无")}),
        ('{% if x == _("有") %}{% endif %}', {Message("", "有")}),
        ("""<c-button :label="_('保存')" />""", {Message("", "保存")}),
        ('gettext("只是文字")', set()),
        ("{# {% translate '早' %} #}", set()),
    ],
)
def test_templates(source, expected):
    assert from_template(source) == expected


def test_a_tag_inside_a_translation_is_refused():
    with pytest.raises(ExtractionError, match=r"room/page\.html"):
        from_template("{% blocktranslate %}{% if x %}早{% endif %}{% endblocktranslate %}", "room/page.html")

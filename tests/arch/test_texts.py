"""Everything that people read is in both languages."""

import ast
import re

import pytest

from dev import messages
from tests.arch import sources

CHINESE = re.compile(r"[\u3400-\u9fff]")
TRANSLATING = {
    "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy",
    "npgettext", "npgettext_lazy", "N_",
}  # fmt: skip
BILINGUAL = {"Label"}  # lianfang.kernel.labels: both languages side by side
READING = {"compile", "sub", "match", "fullmatch", "search", "split"}  # patterns for what people typed
# Files and folders whose Chinese is data and not interface, each with the reason.
DATA = {
    "src/lianfang/config/commands/": "a terminal is told in both languages, one line each",
    "src/lianfang/engines/aberration/reasons.py": "both languages beside each other, chosen by an argument",
    "src/lianfang/engines/aberration/result.py": "both languages beside each other, chosen by an argument",
    "src/lianfang/engines/reproduction/model.py": "both languages beside each other, chosen by an argument",
    "src/lianfang/config/doctor/": "a terminal is told in both languages, beside each other",
    "src/lianfang/config/backups/printing.py": "the recovery sheet is printed in both languages beside each other",
    "src/lianfang/config/demo/": "names, rosters and illnesses of the demonstration",
    "src/lianfang/config/replay/": "names of the institutions and pupils that a replay makes",
    "src/lianfang/kernel/codes/masking.py": "compound surnames",
}


@pytest.mark.parametrize("room", messages.rooms())
def test_every_text_has_its_english(room):
    assert messages.problems([room]) == []


def test_rooms_translate_the_same_text_alike():
    assert [p for p in messages.problems() if "give one a context" in p] == []


def is_letter(node):
    return isinstance(node.value, str) and len(node.value) == 1


def chinese_literals(parsed):
    """(line, text) of Chinese string literals that are neither translated, nor bilingual, nor documentation."""
    exempt = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in TRANSLATING | BILINGUAL | READING:
                exempt |= {id(inner) for inner in ast.walk(node)}
        elif isinstance(node, ast.Compare):  # a range of letters: "一" <= letter <= "鿿"
            exempt |= {id(inner) for inner in ast.walk(node) if isinstance(inner, ast.Constant) and is_letter(inner)}
        elif isinstance(node, ast.Assign) and "_zh" in "".join(ast.unparse(target) for target in node.targets):
            exempt |= {id(inner) for inner in ast.walk(node)}  # unit_zh, unit_en = …
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            exempt.add(id(node.value))  # a docstring, or a note under an attribute
    return [
        (node.lineno, node.value)
        for node in ast.walk(parsed)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
        and node.value not in messages.NATIVE
        and id(node) not in exempt
    ]


@pytest.mark.parametrize(
    "source, count",
    [
        ('"""说明"""', 0),
        ('_("已保存")', 0),
        ('title = pgettext("日历", "月")', 0),
        ('Label("耳道", "ear")', 0),
        ('title = "已保存"', 1),
        ('title = f"已保存 {n}"', 1),
        ('re.compile("([0-9]+)度")', 0),
        ('"一" <= letter <= "鿿"', 0),
        ('state == "已签字"', 1),
        ('raise Refused("没有权限")', 1),
    ],
)
def test_what_counts_as_untranslated(source, count):
    assert len(chinese_literals(ast.parse(source))) == count


def test_python_holds_no_untranslated_chinese():
    found = [
        f"{sources.name(path)}:{line} {text[:30]!r}"
        for path in sources.code()
        if not sources.name(path).startswith(tuple(DATA))
        for line, text in sorted(chinese_literals(sources.tree(path)))
    ]
    advice = "wrap in gettext (at a terminal without Django: Label of lianfang.kernel.labels), or name the file as data"
    assert not found, "\n".join([advice, *found])


def test_the_list_of_data_files_is_needed():
    for start in DATA:
        paths = [path for path in sources.code() if sources.name(path).startswith(start)]
        assert any(chinese_literals(sources.tree(path)) for path in paths), f"{start} holds no Chinese any more"


def labels():
    for path in sources.code():
        for node in ast.walk(sources.tree(path)):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).rpartition(".")[2] == "Label"
                and len(node.args) == 2
            ):
                try:
                    chinese, english = (str(ast.literal_eval(argument)) for argument in node.args)
                except ValueError:
                    continue  # built from data, whose reader checks it
                yield f"{sources.name(path)}:{node.lineno}", chinese, english


def test_labels_say_the_same_in_both_languages():
    for where, chinese, english in labels():
        assert chinese, where
        assert english, where
        for word in re.findall(r"[\u3400-\u9fff]+", english):
            assert f"“{word}”" in chinese, f"{where}: {word} is not a word of a sheet or a button that both texts quote"
        chinese_names = {name.replace("_zh}", "}") for name in messages.placeholders(chinese)}
        english_names = {name.replace("_en}", "}") for name in messages.placeholders(english)}
        assert chinese_names == english_names, where


TRANSLATED_IN_TEMPLATES = re.compile(
    r"""\{%\s*comment.*?endcomment\s*%\}|\{\#.*?\#\}|<!--.*?-->
    |\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}
    |\{%\s*trans(?:late)?\s+(?:"[^"]*"|'[^']*').*?%\}
    |_\((?:"[^"]*"|'[^']*')\)
    |aria-hidden="true">联防<""",  # the seal is a picture of the name
    re.DOTALL | re.VERBOSE,
)


def test_templates_hold_no_untranslated_chinese():
    found = []
    for path in [*sources.files(".html"), *(p for p in sources.files(".txt") if "templates" in p.parts)]:
        text = path.read_text(encoding="utf-8")
        rest = TRANSLATED_IN_TEMPLATES.sub(lambda match: "\n" * match[0].count("\n"), text)
        found += [f"{sources.name(path)}:{i}" for i, line in enumerate(rest.splitlines(), 1) if CHINESE.search(line)]
    assert not found


def test_scripts_hold_no_chinese():
    comment = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
    found = [
        sources.name(path)
        for path in sources.files(".js")
        if CHINESE.search(comment.sub("", path.read_text(encoding="utf-8")))
    ]
    assert not found, "scripts take their texts from the page"

"""Find translatable messages in Python source and Django templates, without GNU gettext."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "src" / "lianfang"
TRANSLATION_MODULE = "django.utils.translation"
TEMPLATE_CALL = re.compile(r"(?<![\w.])(n?p?gettext|_)\(")
COTTON_CALL = re.compile(r"""\s:[\w.-]+=(?:"\s*_\('([^']*)'\)|'\s*_\("([^"]*)"\))""")
# Positions of (context, msgid, plural) in the arguments of each function; None where it has none.
SHAPES: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
# The neutral marker for code that may not import Django: lianfang.kernel's gettext_noop, under any alias.
NEUTRAL_MARKERS = {"gettext_noop": "gettext_noop", "N_": "gettext_noop"}


class ExtractionError(ValueError):
    """A message cannot be extracted; the text names the file and line."""


@dataclass(frozen=True, order=True)
class Message:
    """One message as gettext looks it up; `context` and `plural` are "" where there is none."""

    context: str
    msgid: str
    plural: str = ""


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _from_call(function: str, call: ast.Call, where: str) -> Message | None:
    """The message of a call, or None when its argument is a variable (translated where it was marked)."""
    context_at, msgid_at, plural_at = SHAPES[function]
    wanted = [i for i in (context_at, msgid_at, plural_at) if i is not None]
    if len(call.args) <= max(wanted):
        return None
    for index in wanted:
        if isinstance(call.args[index], (ast.JoinedStr, ast.BinOp)):
            line = f"{where}:{call.lineno}"
            raise ExtractionError(f"{line}: the text of {function}() is composed; use one literal with %(name)s")
    parts = [_text(call.args[index]) for index in wanted]
    if any(part is None for part in parts):
        return None
    values = dict(zip(wanted, parts, strict=True))
    context = values[context_at] if context_at is not None else ""
    plural = values[plural_at] if plural_at is not None else ""
    return Message(context or "", values[msgid_at] or "", plural or "")


def _names(tree: ast.Module) -> dict[str, str]:
    """Local name → translation function, from the imports of a module."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                local = alias.asname or alias.name
                if node.module == TRANSLATION_MODULE and alias.name in SHAPES:
                    names[local] = alias.name
                elif node.module.startswith("lianfang.") and alias.name in NEUTRAL_MARKERS:
                    names[local] = NEUTRAL_MARKERS[alias.name]
    return names


def from_python(source: str, where: str = "<string>") -> set[Message]:
    """Messages of a Python module: literal arguments of the functions it imports from django.utils.translation.

    Raises ExtractionError for a text put together with an f-string or an operator.
    """
    tree = ast.parse(source, where)
    names = _names(tree)
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function: str | None = None
        if isinstance(node.func, ast.Name):
            function = names.get(node.func.id)
        elif isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value).endswith("translation"):
            function = node.func.attr if node.func.attr in SHAPES else None
        if function is not None:
            message = _from_call(function, node, where)
            if message is not None and message.msgid:
                found.add(message)
    return found


def _call_at(text: str, start: int) -> ast.Call | None:
    """The call that begins at `start` in text which is Python only there."""
    end = start
    while (end := text.find(")", end) + 1) > 0:
        try:
            expression = ast.parse(text[start:end], mode="eval").body
        except SyntaxError:
            continue
        return expression if isinstance(expression, ast.Call) else None
    return None


def from_template(source: str, where: str = "<string>") -> set[Message]:
    """Messages of a Django template: `translate`, `blocktranslate` and `_("…")`, as Django itself reads them.

    An attribute of a cotton component that is evaluated (`:label="_('…')"`) is read as well. Raises ExtractionError
    where a translation block holds another block.
    """
    from django.utils.translation.template import templatize

    try:
        text = templatize(source, origin=where)
    except SyntaxError as error:
        raise ExtractionError(f"{where}: {error}") from error
    found = {Message("", match[1] or match[2]) for match in COTTON_CALL.finditer(source)}
    for match in TEMPLATE_CALL.finditer(text):
        call = _call_at(text, match.start())
        if call is not None:
            function = "gettext" if match[1] == "_" else match[1]
            message = _from_call(function, call, where)
            if message is not None and message.msgid:
                found.add(message)
    return found


def is_source(path: Path) -> bool:
    """Whether a file of a room can hold messages for users: not a test, a migration or a vendored file."""
    parts = set(path.relative_to(SOURCES).parts)
    return path.suffix in (".py", ".html", ".txt") and not parts & {"tests", "migrations", "static", "node_modules"}


def room_messages(room: str) -> dict[Message, set[str]]:
    """Every message of one room → the files that use it, as paths from the repository's root."""
    found: dict[Message, set[str]] = {}
    for path in sorted((SOURCES / room).rglob("*")):
        if not path.is_file() or not is_source(path):
            continue
        if path.suffix == ".txt" and "templates" not in path.parts:
            continue
        where = "src/lianfang/" + path.relative_to(SOURCES).as_posix()
        source = path.read_text(encoding="utf-8")
        messages = from_python(source, where) if path.suffix == ".py" else from_template(source, where)
        for message in messages:
            found.setdefault(message, set()).add(where)
    return found

"""Message catalogues: `python -m dev.messages [ROOM …] [--check]`.

The texts in the code are Chinese; each room keeps its English in `locale/en/LC_MESSAGES/django.po`. Without `--check`
the catalogues are brought up to date (translations kept, texts no longer used marked obsolete) and compiled. With it
nothing is written, and anything missing, untranslated or stale is listed and ends in exit code 1.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import polib

from dev.extraction import SOURCES, ExtractionError, Message, room_messages

# Rooms without Django have no catalogue of their own; the lowest room that has one carries their texts.
CARRIER = "foundation"
CARRIED = ("kernel", "engines", "rulepacks")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")
CHINESE = re.compile(r"[\u3400-\u9fff]")
NATIVE = {"中文"}  # a language is named in itself
METADATA = {
    "Project-Id-Version": "lianfang",
    "Language": "en",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}


def catalogue_path(room: str) -> Path:
    """Path of the English catalogue of a room."""
    return SOURCES / room / "locale" / "en" / "LC_MESSAGES" / "django.po"


def rooms() -> list[str]:
    """Rooms that can have a catalogue, by name."""
    return sorted(p.name for p in SOURCES.iterdir() if p.is_dir() and p.name not in CARRIED and p.name.isidentifier())


def wanted(room: str) -> dict[Message, set[str]]:
    """Messages that the catalogue of a room must hold → files."""
    found = dict(room_messages(room))
    if room == CARRIER:
        for lower in CARRIED:
            for message, files in room_messages(lower).items():
                found.setdefault(message, set()).update(files)
    return found


def _key(entry: Any) -> tuple[str, str]:
    return (entry.msgctxt or "", entry.msgid)


def built(room: str) -> Any:
    """The catalogue as it should stand now: what the code uses, with the translations that exist; or None for no texts.

    Two messages that differ only in their plural cannot stand in one catalogue: ExtractionError.
    """
    path = catalogue_path(room)
    old = polib.pofile(str(path)) if path.exists() else polib.POFile()
    known = {_key(entry): entry for entry in old}
    catalogue = polib.POFile(wrapwidth=110)
    catalogue.metadata = dict(METADATA)
    messages = wanted(room)
    if not messages and not known:
        return None
    used: dict[tuple[str, str], Message] = {}
    for message in sorted(messages):
        key = (message.context, message.msgid)
        if key in used and used[key].plural and message.plural and used[key].plural != message.plural:
            raise ExtractionError(f"{room}: {message.msgid!r} is used with two plurals")
        if key not in used or message.plural:
            used[key] = message
    for key, message in sorted(used.items()):
        entry = polib.POEntry(msgid=message.msgid, msgctxt=message.context or None)
        files = {f for m, where in messages.items() if (m.context, m.msgid) == key for f in where}
        entry.occurrences = [(f, "") for f in sorted(files)]
        before = known.pop(key, None)
        if message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = _plural_texts(before)
        elif before is not None:
            entry.msgstr = before.msgstr or (before.msgstr_plural or {}).get(1, "")
        if before is not None:
            entry.tcomment = before.tcomment
        if "%(" in message.msgid or "%s" in message.msgid or "%d" in message.msgid:
            entry.flags = ["python-format"]
        catalogue.append(entry)
    for key in sorted(known):
        entry = known[key]
        if entry.msgstr or any((entry.msgstr_plural or {}).values()):
            entry.obsolete, entry.occurrences, entry.flags = True, [], []
            catalogue.append(entry)
    return catalogue


def _plural_texts(before: Any) -> dict[int, str]:
    if before is None:
        return {0: "", 1: ""}
    return {i: str((before.msgstr_plural or {}).get(i, before.msgstr or "")) for i in (0, 1)}


def compiled(catalogue: Any) -> bytes:
    """The .mo file of a catalogue."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "django.mo"
        catalogue.save_as_mofile(str(path))
        return path.read_bytes()


def placeholders(text: str) -> set[str]:
    """Names that a text expects to be filled in."""
    return {match[0] for match in PLACEHOLDER.finditer(text.replace("%%", ""))}


def faults(room: str, catalogue: Any) -> list[str]:
    """What is wrong with the translations of a catalogue, in words."""
    found = []
    for entry in catalogue:
        if entry.obsolete:
            continue
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if not all(texts):
            found.append(f"{room}: not translated: {entry.msgid!r}")
            continue
        expected = placeholders(entry.msgid) | placeholders(entry.msgid_plural)
        for text in texts:
            if not entry.msgid_plural and placeholders(text) != expected:
                found.append(f"{room}: other placeholders than the source: {entry.msgid!r} -> {text!r}")
            elif not placeholders(text) <= expected:
                found.append(f"{room}: unknown placeholder: {entry.msgid!r} -> {text!r}")
            if CHINESE.search(text) and entry.msgid not in NATIVE:
                found.append(f"{room}: Chinese in the English text: {entry.msgid!r} -> {text!r}")
            if text.startswith("\n") != entry.msgid.startswith("\n") or text.endswith("\n") != entry.msgid.endswith(
                "\n"
            ):
                found.append(f"{room}: line break at the edge differs: {entry.msgid!r}")
    return found


def contradictions(catalogues: dict[str, Any]) -> list[str]:
    """The same text translated differently in two rooms: the reader would see whichever Django loads first."""
    seen: dict[tuple[str, str], tuple[str, Any]] = {}
    found = []
    for room, catalogue in catalogues.items():
        for entry in catalogue:
            if entry.obsolete or not entry.msgstr:
                continue
            first, text = seen.setdefault(_key(entry), (room, entry.msgstr))
            if text != entry.msgstr:
                found.append(
                    f"{entry.msgid!r} is {text!r} in {first} and {entry.msgstr!r} in {room}; give one a context"
                )
    return found


def stale(room: str, catalogue: Any) -> list[str]:
    """What running this command would change on disk."""
    path = catalogue_path(room)
    remedy = f"run `./lianfang messages {room}`"
    if not path.exists():
        return [f"{room}: has no catalogue; {remedy}"]
    found = []
    if path.read_text(encoding="utf-8") != str(catalogue) + "\n":
        found.append(f"{room}: django.po is not up to date with the code; {remedy}")
    binary = path.with_suffix(".mo")
    if not binary.exists() or binary.read_bytes() != compiled(catalogue):
        found.append(f"{room}: django.mo does not match django.po; {remedy}")
    return found


def write(room: str, catalogue: Any) -> None:
    """Save and compile a catalogue."""
    path = catalogue_path(room)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(catalogue) + "\n", encoding="utf-8")
    path.with_suffix(".mo").write_bytes(compiled(catalogue))


def problems(chosen: list[str] | None = None) -> list[str]:
    """Everything that `--check` would list, in words; empty when the catalogues are complete."""
    found: list[str] = []
    catalogues: dict[str, Any] = {}
    for room in chosen or rooms():
        try:
            catalogue = built(room)
        except ExtractionError as error:
            found.append(str(error))
            continue
        if catalogue is not None:
            catalogues[room] = catalogue
            found += faults(room, catalogue) + stale(room, catalogue)
    return found + contradictions(catalogues)


def update(chosen: list[str] | None = None) -> list[str]:
    """Write the catalogues of the rooms (all by default); returns what still needs a person."""
    catalogues: dict[str, Any] = {}
    found: list[str] = []
    for room in chosen or rooms():
        catalogue = built(room)
        if catalogue is None:
            continue
        write(room, catalogue)
        catalogues[room] = catalogue
        missing = faults(room, catalogue)
        found += missing
        live = sum(1 for entry in catalogue if not entry.obsolete)
        print(f"{room}: {live} texts, {len(missing)} to mend")
    return found + contradictions(catalogues)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns 1 when something is missing."""
    parser = argparse.ArgumentParser(prog="lianfang messages", description=__doc__)
    parser.add_argument("room", nargs="*", help="rooms (folders of src/lianfang); all by default")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything is missing")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.room) - set(rooms()))
    if unknown:
        print(f"no such room with texts: {', '.join(unknown)}", file=sys.stderr)
        return 2
    try:
        found = problems(options.room) if options.check else update(options.room)
    except ExtractionError as error:
        found = [str(error)]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())

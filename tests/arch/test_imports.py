"""The rooms' order: imports go down only, pure rooms stay pure, rooms use each other's doors and not their insides."""

import subprocess
import sys
import tomllib

import pytest

from tests.arch import sources

INSIDES = {"views", "forms", "rules", "urls", "api", "jobs", "tests"}
OPEN_ROOMS = {*sources.PURE_ROOMS, "ui", "foundation"}  # made to be used as a whole


def contract():
    settings = tomllib.loads((sources.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return settings, settings["contracts"][0]


def test_the_contract_is_the_order_of_the_house():
    _, layers = contract()
    assert layers["layers"] == [" | ".join(f"({room})" for room in level) for level in sources.ORDER]
    assert layers["exhaustive"] is True
    assert layers["exhaustive_ignores"] == ["__main__"]


def test_the_contract_has_no_exceptions():
    settings, layers = contract()
    for part in (settings, layers, *settings["contracts"]):
        assert not {"ignore_imports", "unmatched_ignore_imports_alerting"} & set(part)


def test_the_contract_is_kept():
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=sources.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def pure_files():
    named = [p for p in sources.code() if p.name == "rules.py" or "rules" in p.relative_to(sources.PACKAGE).parts[:-1]]
    rooms = [p for p in sources.code() if p.relative_to(sources.PACKAGE).parts[0] in sources.PURE_ROOMS]
    return sorted({*named, *rooms})


@pytest.mark.parametrize("path", pure_files(), ids=sources.name)
def test_pure_code_never_reaches_django(path):
    """Followed through our own modules, with the packages that importing them runs."""
    waiting, seen = [path], set()
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        for line, dotted in sources.imports(current, at_import=current != path):
            assert dotted.split(".")[0] != "django", f"{sources.name(current)}:{line} imports {dotted}"
            parts = dotted.split(".")
            if parts[0] == "lianfang":
                above = [sources.module_path(".".join(parts[: i + 1])) for i in range(len(parts))]
                waiting += [p for p in above if p is not None]


def test_rooms_use_the_doors_of_other_rooms():
    found = []
    for path in sources.code():
        own = path.relative_to(sources.PACKAGE).parts[0]
        if own == "config":
            continue
        for line, dotted in sources.imports(path):
            parts = dotted.split(".")
            room = sources.room_of(dotted)
            if room and room not in OPEN_ROOMS and room != own and len(parts) > 2 and parts[2] in INSIDES:
                found.append(f"{sources.name(path)}:{line} imports {dotted}")
    assert not found, "use actions, queries, perms or models:\n" + "\n".join(found)


def test_pure_rooms_start_without_django():
    names = [f"lianfang.{room}" for room in sources.PURE_ROOMS if room in sources.rooms()]
    program = f"import sys\nfor n in {names!r}: __import__(n)\nsys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=sources.ROOT, check=False).returncode == 0

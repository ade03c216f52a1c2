"""Requirements are pinned, hashed, without addresses, and one version each."""

import re
import sys
from importlib.metadata import packages_distributions

import pytest

from tests.arch import sources

FOLDER = sources.ROOT / "requirements"
GROUPS = ("core", "analytics", "dev")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(;[^\\]*)?")


def normal(text):
    return re.sub(r"[-_.]+", "-", text).lower()


def blocks(group):
    """One logical line per requirement."""
    text = (FOLDER / f"{group}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("group", GROUPS)
def test_every_requirement_is_pinned_and_hashed(group):
    for block in blocks(group):
        assert PIN.match(block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.split()[0]


@pytest.mark.parametrize("group", GROUPS)
def test_everything_asked_for_is_pinned(group):
    wanted = {
        normal(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0])
        for line in (FOLDER / f"{group}.in").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-"))
    }
    assert wanted <= {normal(match[1]) for block in blocks(group) if (match := PIN.match(block))}


def test_groups_agree_on_versions():
    versions: dict[tuple[str, str], set[str]] = {}
    for group in GROUPS:
        for block in blocks(group):
            match = PIN.match(block)
            assert match is not None
            versions.setdefault((normal(match[1]), (match[3] or "").strip()), set()).add(match[2])
    assert not {pin: found for pin, found in versions.items() if len(found) > 1}


def test_no_addresses():
    for path in [*FOLDER.iterdir(), sources.ROOT / "pyproject.toml"]:
        assert not re.search(
            r"\w+://|--(extra-)?index-url|--find-links|--trusted-host", path.read_text(encoding="utf-8")
        )
    assert not list(sources.ROOT.glob("*.lock"))


def used_by(paths):
    """Distribution → first file that imports it."""
    providers = packages_distributions()
    found: dict[str, str] = {}
    for path in paths:
        for line, dotted in sources.imports(path):
            top = dotted.split(".")[0]
            if top in sys.stdlib_module_names or top in ("lianfang", "dev", "tests", "bench", "__future__"):
                continue
            names = providers.get(top, [top])
            found.setdefault(normal(names[0]), f"{sources.name(path)}:{line}")
    return found


def pinned(*groups):
    return {normal(match[1]) for group in groups for block in blocks(group) if (match := PIN.match(block))}


def in_engines(path):
    return "engines" in path.parts


def test_a_server_uses_nothing_but_core():
    """But for the commands of a terminal, which are installed with the numerical engines."""
    terminal = {"detect.py", "rt.py"}
    paths = [p for p in sources.code() if not in_engines(p) and p.name not in terminal]
    missing = {name: where for name, where in used_by(paths).items() if name not in pinned("core")}
    assert not missing


def test_the_engines_use_nothing_but_core_and_analytics():
    paths = [p for p in sources.code() if in_engines(p)]
    assert not {n: where for n, where in used_by(paths).items() if n not in pinned("core", "analytics")}


def test_tests_and_tools_use_nothing_that_is_not_pinned():
    folders = [sources.ROOT / name for name in ("dev", "tests", "bench")]
    paths = [p for folder in folders for p in sources.files(".py", folder)]
    assert not {n: where for n, where in used_by(paths).items() if n not in pinned(*GROUPS)}

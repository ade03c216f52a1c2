"""The unit files, the container file and the guide name what is there."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lianfang.config.cli import modules
from tests.arch import sources

DEPLOY = sources.ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
NAME = re.compile(r"\bLIANFANG_[A-Z_]*[A-Z]\b")
# Read by the script, the tests or the container alone, or handed from one of our processes to the next.
NOT_OF_THE_PROGRAM = {"LIANFANG_VENV", "LIANFANG_PYTHON"}


def commands() -> Iterator[tuple[str, list[str]]]:
    """(file, words after `-m lianfang`) of everything that is started."""
    for unit in UNITS:
        for line in unit.read_text(encoding="utf-8").splitlines():
            if line.startswith("ExecStart="):
                yield unit.name, shlex.split(line.partition("=")[2])
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    listed = {what: re.findall(rf"^{what} \[(.*)\]$", text, re.M) for what in ("ENTRYPOINT", "CMD")}
    ((entry,), (arguments,)) = listed.values()
    yield "Containerfile", [word.strip(' "') for word in f"{entry},{arguments}".split(",")]


@pytest.mark.parametrize("file, words", list(commands()), ids=lambda v: v if isinstance(v, str) else v[-1])
def test_what_is_started_exists(file: str, words: list[str]) -> None:
    assert words[1:3] == ["-m", "lianfang"], file
    name, rest = words[3], words[4:]
    module = importlib.import_module(f"lianfang.config.commands.{modules()[name]}")
    parser = argparse.ArgumentParser()
    module.add_parser(parser.add_subparsers(dest="command"))
    parsed = parser.parse_args([name, *rest])
    if name == "up":
        assert parsed.empty, "a demonstration is not installed as a service"


def used() -> set[str]:
    """Variables that the program reads."""
    return {
        name for path in sources.code() for name in NAME.findall(path.read_text(encoding="utf-8"))
    } - NOT_OF_THE_PROGRAM


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_guide_lists_every_variable(language: str) -> None:
    text = (sources.ROOT / "docs" / "guide" / language / "operator.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(LIANFANG_[A-Z_]+)` \|", text, re.M)
    assert set(listed) == used()
    assert len(listed) == len(set(listed))


def test_deployment_sets_what_is_read() -> None:
    for path in DEPLOY.iterdir():
        assert set(NAME.findall(path.read_text(encoding="utf-8"))) <= used() | NOT_OF_THE_PROGRAM, path.name


def test_the_container_copies_what_is_there_and_names_no_registry() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (sources.ROOT / source).exists(), line
    froms = re.findall(r"^FROM (\S+)", text, re.M)
    assert froms and all("/" not in image and "." not in image.partition(":")[0] for image in froms)
    assert "://" not in text.replace("http://127.0.0.1", "")
    user = re.findall(r"^USER (\d+)", text, re.M)
    assert user and int(user[-1]) > 0
    assert "/healthz" in text


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.name)
def test_systemd_understands_the_unit(unit: Path, tmp_path: Path) -> None:
    """By systemd's own check where it is installed; everywhere: no key twice in a way that hides the first."""
    text = unit.read_text(encoding="utf-8")
    keys = [line.partition("=")[0] for line in text.splitlines() if re.match(r"[A-Z]\w*=", line)]
    twice = {key for key in keys if keys.count(key) > 1}
    assert twice <= {"Environment", "SystemCallFilter"}
    assert "DynamicUser=yes" in text and "ProtectSystem=strict" in text
    program = shutil.which("systemd-analyze")
    if program:
        here = tmp_path / unit.name
        here.write_text(text.replace("/opt/lianfang/.venv/bin/python", sys.executable), encoding="utf-8")
        done = subprocess.run([program, "verify", "--man=no", str(here)], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and unit.stem not in done.stderr, done.stderr

"""What `up` has done by a child that ends: its answer comes back, its faults end the program, its memory goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAD = "import json, os, sys\nfrom lianfang.config.preparing import in_a_child\n"


def run(program: str) -> subprocess.CompletedProcess[str]:
    """A parent of its own."""
    values = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    values.pop("LIANFANG_TOLD", None)
    command = [sys.executable, "-c", HEAD + program]
    return subprocess.run(command, env=values, capture_output=True, text=True, check=False, timeout=60)


def test_the_answer_and_what_it_set_come_back_and_nothing_that_it_loaded() -> None:
    done = run(
        """
def work():
    import django
    os.environ["LIANFANG_TOLD"] = "yes"
    os.environ["OTHER"] = "no"
    print("from the child")
    return {"word": "开始", "number": None}
answer = in_a_child(work)
print(json.dumps([answer, os.environ.get("LIANFANG_TOLD"), os.environ.get("OTHER"), "django" in sys.modules]))
"""
    )
    assert done.returncode == 0, done.stderr
    told, answer = done.stdout.splitlines()
    assert told == "from the child"
    assert json.loads(answer) == [{"word": "开始", "number": None}, "yes", None, False]


@pytest.mark.parametrize(
    "fault, code, said",
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('keys are missing')", 1, "keys are missing\n"),
        ("raise KeyboardInterrupt", 130, ""),
        ("os.kill(os.getpid(), 9)", 1, ""),
    ],
)
def test_what_ends_the_child_ends_the_program(fault: str, code: int, said: str) -> None:
    done = run(f"def work():\n    {fault}\nin_a_child(work)\nprint('went on')\n")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", said)


def test_a_fault_is_shown() -> None:
    done = run("def work():\n    return 1 / 0\nin_a_child(work)\nprint('went on')\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "ZeroDivisionError" in done.stderr

"""`lianfang COMMAND`: found lazily, honest exit codes."""

import shlex
import subprocess
import sys

import pytest

from lianfang.config import cli
from tests.arch.sources import ROOT

WITHOUT_DJANGO = [name for name in ("bench", "detect", "messages", "rt", "test") if name in cli.modules()]


def test_help_names_every_command_with_a_summary():
    lines = cli.overview().splitlines()
    for name, module in cli.modules().items():
        (line,) = [line for line in lines if line.split()[:1] == [name]]
        assert cli.summary(module) in line
        assert len(cli.summary(module)) > 10


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in WITHOUT_DJANGO)])
def test_what_does_not_need_django_does_not_import_it(arguments):
    program = f"""
import sys
from lianfang.config.cli import dispatch
try:
    dispatch({arguments!r})
except SystemExit:
    pass
sys.exit("django" in sys.modules)
"""
    assert (
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode
        == 0
    )


@pytest.mark.parametrize("name", sorted(cli.modules()))
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as end:
        cli.dispatch([name, "--help"])
    assert end.value.code == 0
    assert f"lianfang {name}" in capsys.readouterr().out


def test_an_unknown_command_is_named_with_those_there_are(capsys):
    assert cli.main(["upp"]) == 2
    complaint = capsys.readouterr().err
    assert "'upp'" in complaint
    assert "test" in complaint


def test_no_command_is_an_error_and_help_is_not(capsys):
    assert cli.main([]) == 2
    assert cli.main(["--help"]) == 0
    assert cli.main(["--version"]) == 0


def test_ctrl_c_ends_quietly(monkeypatch):
    def interrupted(argv):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "dispatch", interrupted)
    assert cli.main(["--help"]) == 130


def test_a_reader_that_leaves_early_is_no_error():
    program = f"{shlex.quote(sys.executable)} -m lianfang --help | true"
    done = subprocess.run(["sh", "-c", program], cwd=ROOT / "src", capture_output=True, text=True, check=False)
    assert done.stderr == ""

"""The script `./lianfang`: makes the environment once, starts from anywhere, says what to do when it cannot."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.arch.sources import ROOT

TOOLS = ("dirname", "readlink", "cksum", "cat", "mkdir", "rm", "id", "uname", "sleep", "sh", "env")
GROUPS = ("core", "analytics", "dev")


@pytest.fixture
def clone(tmp_path):
    """A copy of the program in a folder with a space, without an environment."""
    folder = tmp_path / "a school"
    (folder / "src").mkdir(parents=True)
    shutil.copy(ROOT / "lianfang", folder)
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    os.symlink(ROOT / "src" / "lianfang", folder / "src" / "lianfang")
    return folder


@pytest.fixture
def tools(tmp_path):
    """A PATH with the tools of any system and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        os.symlink(found, folder / name)
    return folder


def executable(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def ready(clone, *groups):
    """An environment that is up to date for some groups; it notes calls of pip instead of installing."""
    folder = clone / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "lib" / "python3" / "site-packages").mkdir(parents=True)
    note = f'case "$*" in *"pip install"*) printf "%s\\n" "$*" >>"{folder}/installed"; exit 0;; esac'
    executable(folder / "bin" / "python", f'{note}\nexec "{sys.executable}" "$@"')
    for group in groups:
        mark(clone, group)
    return folder


def mark(clone, group):
    sums = subprocess.check_output(["cksum"], input=(clone / "requirements" / f"{group}.txt").read_bytes())
    (clone / ".venv" / f".lianfang-{group}").write_bytes(sums)


def surroundings():
    """The environment without what belongs to this run, such as another folder for the environment."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("LIANFANG", "PYTHON"))}


def run(clone, *arguments, cwd=None, **environment):
    values = surroundings()
    return subprocess.run(
        [str(clone / "lianfang"), *arguments],
        cwd=cwd or clone,
        env={**values, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def installed(folder):
    note = folder / "installed"
    lines = note.read_text(encoding="utf-8").splitlines() if note.exists() else []
    return [line.rpartition("/")[2] for line in lines]


def test_an_environment_that_is_up_to_date_is_used_as_it_is(clone, tmp_path):
    folder = ready(clone, "core")
    done = run(clone, "--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("lianfang ")
    assert installed(folder) == []


def test_it_starts_through_a_link(clone, tmp_path):
    ready(clone, "core")
    os.symlink(clone / "lianfang", tmp_path / "link")
    done = subprocess.run([str(tmp_path / "link"), "--version"], cwd="/", capture_output=True, text=True, check=False)
    assert done.stdout.startswith("lianfang ")


@pytest.mark.parametrize(
    "command, expected",
    [
        ("up", ["core.txt"]),
        ("detect", ["core.txt", "analytics.txt"]),
        ("rt", ["core.txt", "analytics.txt"]),
        ("test", ["core.txt", "analytics.txt", "dev.txt"]),
        ("bench", ["core.txt", "analytics.txt", "dev.txt"]),
        ("messages", ["core.txt", "dev.txt"]),
    ],
)
def test_a_command_installs_what_it_needs_and_once(clone, command, expected):
    folder = ready(clone)
    for _ in range(2):
        run(clone, command, "--help")
    assert installed(folder) == expected


def test_changed_requirements_are_installed_again(clone):
    folder = ready(clone, "core")
    with (clone / "requirements" / "core.txt").open("a", encoding="utf-8") as handle:
        handle.write("# changed\n")
    run(clone, "--version")
    assert installed(folder) == ["core.txt"]


def test_installing_asks_for_hashes_and_nothing_else(clone):
    folder = ready(clone)
    run(clone, "--version")
    (line,) = (folder / "installed").read_text(encoding="utf-8").splitlines()
    assert {"--require-hashes", "--no-deps"} <= set(line.split())


def test_a_failed_installation_is_said_and_tried_again(clone):
    folder = ready(clone)
    good = (folder / "bin" / "python").read_text(encoding="utf-8")
    executable(folder / "bin" / "python", f'case "$*" in *pip*) exit 1;; esac\nexec "{sys.executable}" "$@"')
    done = run(clone, "--version")
    assert done.returncode == 1
    assert "安装没有完成" in done.stderr
    assert "run the same command again" in done.stderr
    (folder / "bin" / "python").write_text(good, encoding="utf-8")
    assert run(clone, "--version").returncode == 0
    assert installed(folder) == ["core.txt"]


def test_output_of_a_command_is_not_mixed_with_the_installation(clone):
    ready(clone)
    done = run(clone, "--version")
    assert len(done.stdout.splitlines()) == 1
    assert "core" in done.stderr


def test_a_lock_left_by_a_dead_process_does_not_stop_anyone(clone):
    ready(clone)
    dead = subprocess.Popen(["true"])
    dead.wait()
    lock = clone / ".venv.lock"
    lock.mkdir()
    (lock / "pid").write_text(str(dead.pid), encoding="utf-8")
    assert run(clone, "--version").returncode == 0
    assert not lock.exists()


def test_a_folder_that_cannot_be_written_to_is_named(clone):
    (clone / "file").write_text("", encoding="utf-8")
    done = run(clone, "up", LIANFANG_VENV=str(clone / "file" / "venv"))
    assert done.returncode == 1
    assert "LIANFANG_VENV" in done.stderr


def test_two_starts_at_once_install_once(clone):
    folder = ready(clone)
    command = [str(clone / "lianfang"), "--version"]
    both = [
        subprocess.Popen(command, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    for process in both:
        out, _ = process.communicate(timeout=60)
        assert out.startswith(b"lianfang ")
    assert installed(folder) == ["core.txt"]


def test_without_python_it_says_what_to_run(clone, tools):
    done = run(clone, "up", PATH=str(tools))
    assert done.returncode == 1
    assert "没有找到 Python 3.11" in done.stderr
    assert "Python 3.11 or newer was not found" in done.stderr
    assert not (clone / ".venv").exists()
    assert not (clone / ".venv.lock").exists()


def test_an_old_python_is_not_used(clone, tools):
    executable(tools / "python3", "exit 1")  # the answer of an older one to the question for its version
    assert "not found" in run(clone, "up", PATH=str(tools)).stderr


def test_without_the_venv_module_it_says_what_to_run(clone, tools):
    executable(tools / "python3", f'case "$*" in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"')
    done = run(clone, "up", PATH=str(tools))
    assert done.returncode == 1
    assert f"python{sys.version_info.major}.{sys.version_info.minor}-venv" in done.stderr
    assert "Nothing was changed" in done.stderr

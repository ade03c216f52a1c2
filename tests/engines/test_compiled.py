"""Cost of importing, and where compiled code goes."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lianfang.engines.compiled import cache_directory

SOURCE = Path(__file__).parents[2] / "src"


def test_importing_the_engines_brings_nothing_heavy():
    program = (
        "import sys, lianfang.engines, lianfang.engines.aberration, lianfang.engines.clusters, "
        "lianfang.engines.reproduction; assert not {'numpy', 'scipy', 'numba', 'django'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": str(SOURCE)})


def test_the_commands_import_nothing_heavy_until_they_run():
    program = (
        "import sys, lianfang.config.commands.detect, lianfang.config.commands.rt; "
        "assert not {'numpy', 'scipy', 'numba', 'django'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": str(SOURCE)})


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_compiled_code_stays_beside_a_writable_source(home):
    source = home / "kernel.py"
    source.touch()
    assert cache_directory(source) is None


def test_compiled_code_of_a_read_only_installation_goes_to_the_users_cache(home, monkeypatch):
    source = home / "kernel.py"
    source.touch()
    writable = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != home and writable(path, mode))
    chosen = cache_directory(source)
    assert chosen == home / "cache" / f"lianfang-numba-{os.getuid()}"
    assert chosen is not None
    assert stat.S_IMODE(chosen.stat().st_mode) == 0o700


def test_the_operators_choice_wins(home, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(home))
    assert cache_directory(home / "kernel.py") is None


def test_without_a_home_compiled_code_goes_to_the_temporary_folder(home, monkeypatch):
    (home / "cache").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != home)
    monkeypatch.setattr("tempfile.tempdir", str(home))
    assert cache_directory(home / "kernel.py") == home / f"lianfang-numba-{os.getuid()}"

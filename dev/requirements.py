"""Compile requirements/*.in to hash-pinned .txt files without addresses: `python -m dev.requirements [--upgrade]`."""

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
GROUPS = ("core", "analytics", "dev")  # each is constrained by the ones before it
OPTIONS = (
    "--generate-hashes",
    "--universal",
    "--python-version=3.11",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-annotate",
    "--no-header",
    "--quiet",
)


def uv_executable() -> str:
    """Path of uv: beside this Python first, then on PATH. Raises SystemExit with the remedy when there is none."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise SystemExit("uv is not installed: python -m pip install uv")
    return found


def compile_group(group: str, upgrade: bool) -> None:
    """Write requirements/<group>.txt from requirements/<group>.in; pins already in the file stay unless `upgrade`."""
    command = [uv_executable(), "pip", "compile", *OPTIONS, f"{group}.in", "--output-file", f"{group}.txt"]
    if upgrade:
        command.append("--upgrade")
    subprocess.run(command, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Compile every group in the order of its constraints."""
    for group in GROUPS:
        compile_group(group, upgrade="--upgrade" in sys.argv[1:])
        print(f"requirements/{group}.txt")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""casetrail's wheel, and environments in which nothing but that is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

from tests.cli.ways import ROOT

NEEDS = "what_casetrail_needs.pth"


def built(folder: Path) -> Path:
    """The wheel of this checkout, made in a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


def environment() -> dict[str, str]:
    """This process's environment without what would show it the checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")}


def installed(wheel: Path, folder: Path) -> Path:
    """The Python of a new environment with a wheel in it; what that needs is taken from this one."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*install, str(wheel)], check=True, env=environment(), cwd=wheel.parent)
    ours = next(path for path in map(Path, sys.path) if (path / "sigma").is_dir())
    (next(folder.rglob("site-packages")) / NEEDS).write_text(f"{ours}\n")
    return python

"""Splunk's own checkers of apps, in an environment of their own in the cache: what they pin would hold our tests back."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from casetrail.reading.kept import cache_folder

PINNED = ("splunk-appinspect==4.3.1", "splunk-packaging-toolkit==1.2.8", "lxml==5.4.0")
_SECONDS = 240


def tools() -> Path:
    """The Python that has the checkers. Without one the test is skipped, or fails when CASETRAIL_REQUIRE_ENGINES is set."""
    if sys.version_info >= (3, 14):
        pytest.skip("splunk-packaging-toolkit 1.2.8 wants a Python before 3.14")
    kept = cache_folder() / f"splunk-tools-{PINNED[0].rpartition('=')[2]}-{sys.version_info[0]}.{sys.version_info[1]}"
    python = Path("Scripts" if sys.platform == "win32" else "bin") / "python"
    if (kept / python).exists():
        return kept / python
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        made = Path(folder) / "made"
        install = [str(made / python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINNED]
        for command in ([sys.executable, "-m", "venv", str(made)], install):
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                _missing(str(error))
            if done.returncode:
                _missing(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}")
        if not kept.exists():
            made.rename(kept)
    return kept / python


def _missing(reason: str) -> None:
    message = f"AppInspect and slim can't be installed here: {reason}"
    if os.environ.get("CASETRAIL_REQUIRE_ENGINES"):
        pytest.fail(message)
    pytest.skip(message)


def appinspect(app: Path, report: Path, *options: str) -> int:
    """Inspect an app; gives AppInspect's exit code, which --ci makes tell of failures and warnings."""
    start = "from splunk_appinspect.main import execute; execute()"
    return _run(
        ["-c", start, "inspect", str(app), "--ci", "--data-format", "json", "--output-file", str(report), *options],
        report.parent,
    ).returncode


def slim(app: Path, home: Path) -> str:
    """What `slim validate` says of an app. home: where it may keep its own files."""
    done = _run(["-m", "slim", "validate", str(app)], home)
    return f"exit {done.returncode}\n{done.stdout}{done.stderr}"


def specs() -> Path:
    """The folder of the .conf.spec files that slim brings."""
    done = _run(["-c", "import slim; print(slim.__path__[0])"], Path.cwd())
    return Path(done.stdout.strip()) / "config" / "conf-specs"


def _run(arguments: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOME": str(home), "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        [str(tools()), *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment
    )

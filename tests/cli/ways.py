"""Ways to run the command line, and packs to run it on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from casetrail.cli.main import cli

ROOT = Path(__file__).parents[2]
RULE: dict[str, Any] = {
    "title": "Example",
    "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b11",
    "name": "example",
    "status": "experimental",
    "description": "Somebody signed in, and it matters since nobody should.",
    "references": ["https://example.com/a"],
    "logsource": {"product": "okta", "service": "okta"},
    "detection": {"selection": {"eventType": "user.session.start"}, "condition": "selection"},
    "falsepositives": ["A help desk."],
    "level": "high",
    "casetrail": {"version": 1, "story": "session-replay", "next_steps": ["Call.", "Revoke.", "Search."]},
}
CASES: dict[str, Any] = {
    "rule": "example",
    "cases": [
        {"name": "hit", "completes": ["a"], "events": [{"id": "a", "from": "okta/user_session_start"}]},
        {"name": "miss", "completes": [], "events": [{"id": "b", "from": "okta/user_lifecycle_create"}]},
    ],
}


def run(*arguments: str | Path, pack: Path | None = None, stdin: bytes | str | None = None, color: bool = False) -> Result:
    """Run the command in this process. Whatever it raises but an exit is raised here."""
    words = [*(["--pack", str(pack)] if pack else []), *map(str, arguments)]
    result = CliRunner().invoke(cli, words, input=stdin, color=color, prog_name="casetrail")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def shell(
    *arguments: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a shell does."""
    command = [sys.executable, "-m", "casetrail", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, env={**os.environ, **(env or {})}, cwd=cwd, check=False)


def small_pack(
    folder: Path, rules: Mapping[str, Mapping[str, Any]] | None = None, cases: Mapping[str, Any] | None = CASES
) -> Path:
    """A pack of a few rules (by file name), with all else as it is shipped."""
    for name in ("logsources", "watchlists", "backends"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "fixtures" / "events", folder / "fixtures" / "events")
    shutil.copy(ROOT / "casetrail.yml", folder)
    (folder / "rules" / "okta").mkdir(parents=True)
    (folder / "fixtures" / "okta").mkdir()
    for name, rule in ({"example": RULE} if rules is None else rules).items():
        put(folder / "rules" / "okta" / f"{name}.yml", rule)
    if cases:
        put(folder / "fixtures" / "okta" / f"{cases['rule']}.yml", cases)
    return folder


def put(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True), "utf-8")


def tree(folder: Path) -> dict[str, bytes]:
    """The files below a folder, hidden ones too, by their path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def okta(identity: str, second: int = 0, kind: str = "user.session.start", **more: Any) -> dict[str, Any]:
    """A row of Okta's log."""
    time = f"2026-01-15T09:{second // 60:02d}:{second % 60:02d}.000Z"
    return {"uuid": identity, "published": time, "eventType": kind, **more}


def beside_the_pack(told: str) -> list[str]:
    """The lines of a standard error but that which says whose pack it is."""
    return [line for line in told.splitlines() if not line.startswith("pack: ")]

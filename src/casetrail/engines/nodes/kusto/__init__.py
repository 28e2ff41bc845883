"""Microsoft's own KQL parser and binder, by one Node.js process for many queries.

npm `@kusto/language-service-next` (MIT), installed by npm into the cache folder from a lock file that pins its content.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from casetrail.engines.nodes.maven import NodeUnavailable
from casetrail.reading.kept import cache_folder

_HERE = Path(__file__).parent
WATCHLIST = {
    "_GetWatchlist": {
        "parameters": "(alias: string)",
        "body": "{ datatable(SearchKey: string, WatchlistItem: dynamic, LastUpdatedTimeUTC: datetime, _DTItemId: string)[] }",
    }
}
"""What every Sentinel workspace has besides tables."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the vendor's parser says of a query.

    problems: errors of syntax, names and types, and what is never meant though it binds; columns: of the result, with their types;
    literals: the strings that the query writes, as they were read.
    """

    problems: tuple[str, ...]
    columns: Mapping[str, str]
    literals: tuple[str, ...]


class Checker:
    """A running checker."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def check(self, query: str, tables: Mapping[str, Mapping[str, str]]) -> Checked:
        """tables: for each its columns with their types in KQL. Raises NodeUnavailable when the process has ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"tables": tables, "functions": WATCHLIST, "query": query}
        try:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise NodeUnavailable(f"the KQL checker ended: {error}") from error
        line = self.process.stdout.readline()
        if not line:
            raise NodeUnavailable("the KQL checker ended without an answer")
        answer = json.loads(line)
        return Checked(tuple(answer["problems"]), answer["columns"], tuple(answer["literals"]))


def language_service() -> str:
    """The version of Microsoft's parser that the lock file pins."""
    lock = json.loads((_HERE / "package-lock.json").read_text("utf-8"))
    return str(lock["packages"]["node_modules/@kusto/language-service-next"]["version"])


@contextmanager
def checking() -> Iterator[Checker]:
    """A checker while the context lasts. Raises NodeUnavailable without Node.js, npm or the package."""
    command = [_tool("node"), str(_HERE / "checker.js"), str(_installed())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            yield Checker(process)
        finally:
            process.kill()


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NodeUnavailable(f"{name} is missing: install Node.js 18 or later with npm")
    return found


def _installed() -> Path:
    """The folder with the package, installed unless the cache holds it."""
    lock = (_HERE / "package-lock.json").read_bytes()
    kept = cache_folder() / "npm" / f"kusto-{hashlib.sha256(lock).hexdigest()[:16]}"
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as made:
        folder = Path(made) / "kusto"
        folder.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(_HERE / name, folder / name)
        command = [_tool("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NodeUnavailable(f"npm can't install @kusto/language-service-next:\n{done.stderr[-2000:]}")
        if not kept.is_dir():
            folder.rename(kept)
    return kept

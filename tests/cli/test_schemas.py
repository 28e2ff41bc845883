"""`casetrail schemas`: every schema with its files, as an editor takes them."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlparse

import yaml

from casetrail.cli.schemas import FILES
from tests.cli.ways import ROOT, run


def shipped() -> dict[str, Path]:
    return {path.name.partition(".")[0]: path for path in sorted((ROOT / "src/casetrail/schemas").glob("*.schema.json"))}


def test_every_schema_is_listed_with_its_files() -> None:
    told = {row["name"]: row for row in json.loads(run("schemas", "--json").stdout)}
    assert set(told) == set(shipped())
    assert all(Path(row["path"]).is_file() and row["files"] for row in told.values())
    lines = run("schemas").stdout.splitlines()
    assert all(any(row["path"] in line and row["files"][0] in line for line in lines) for row in told.values())


def test_the_settings_of_vs_code_name_files_that_are_there() -> None:
    settings = json.loads(run("schemas", "--vscode").stdout)
    assert list(settings) == ["yaml.schemas"]
    for address, patterns in settings["yaml.schemas"].items():
        path = Path(unquote(urlparse(address).path))
        assert json.loads(path.read_text("utf-8"))["$schema"].startswith("https://json-schema.org/")
        assert patterns == list(FILES[path.name.partition(".")[0]])


def test_each_file_of_the_pack_falls_to_the_schema_that_it_names_itself() -> None:
    """A file that fits the patterns of two kinds must say in its first line which it is."""
    wrong = []
    for top in ("rules", "fixtures", "logsources", "backends", "watchlists"):
        for path in sorted((ROOT / top).rglob("*.yml")):
            place = PurePosixPath(path.relative_to(ROOT).as_posix())
            kinds = [name for name, patterns in FILES.items() if any(matches(place, pattern) for pattern in patterns)]
            with path.open(encoding="utf-8") as lines:
                first = lines.readline()
            named = first.rpartition("/")[2].partition(".")[0] if "$schema=" in first else None
            right = named in kinds if named else len(kinds) == 1
            if not right and path.name != "thresholds.yml":
                wrong.append((str(place), kinds, named))
    assert wrong == []


def matches(path: PurePosixPath, pattern: str) -> bool:
    """As a glob whose `**/` stands for any folders and whose `*` for no more than one."""
    head, star, tail = pattern.partition("**/")
    if star:
        return path.as_posix().startswith(head) and path.match(tail)
    return path.match(pattern) and len(path.parts) == pattern.count("/") + 1


def test_docs_name_the_setting() -> None:
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    assert "casetrail schemas --vscode" in page
    assert yaml.safe_load((ROOT / "examples" / "gitlab-ci.yml").read_text("utf-8"))

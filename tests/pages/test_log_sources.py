"""docs/log-sources.md: every command of the page prints what the page says, in an empty folder with the two samples."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.ways import ROOT, run

PAGE = ROOT / "docs" / "log-sources.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)


def test_the_page_is_true_from_the_sample_to_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for sample in (ROOT / "docs" / "log-sources").iterdir():
        shutil.copy(sample, tmp_path)
    monkeypatch.chdir(tmp_path)
    for language, text in BLOCKS:
        if language == "yaml":
            name, _, content = text.removeprefix("# ").partition("\n")
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
            continue
        for command, said in re.findall(r"^\$ casetrail (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
            result = run(*command.split())
            assert (command, result.exit_code, result.stdout) == (command, 0, said), result.output
    manifest = json.loads((tmp_path / "dist" / "manifest.json").read_bytes())
    assert (manifest["fields_unchecked"], manifest["indexes_assumed"]) == ([], [])
    query = (tmp_path / "dist" / "elastic" / "queries" / "github_repo_made_public.esql").read_text()
    assert query.startswith("FROM logs-github.audit-*")

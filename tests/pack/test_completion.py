"""Schemas made for a pack know its names, and accept every file of it."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from casetrail.pack.completion import pack_schemas
from casetrail.pack.pack import Pack
from casetrail.reading.yaml import read
from tests.cli.ways import run
from tests.pack.test_logsources import AUDIT, RULE, folder


def test_names_of_the_pack_are_offered_and_none_is_forced(tmp_path: Path) -> None:
    top = folder(tmp_path, rules__made_public=RULE, logsources__github=AUDIT)
    found = {name: json.loads(text) for name, text in pack_schemas(Pack.load(top)).items()}
    text = json.dumps(found)
    for name in ("github", "config.url|contains", "made_public", "%service_accounts%"):
        assert f'"{name}"' in text
    for path in top.glob("rules/*.yml"):
        for document in read(path):
            assert [error.message for error in Draft202012Validator(found["rule"]).iter_errors(document.data)] == []
    stranger = {"title": "a", "logsource": {"product": "x"}, "detection": {"s": {"y": 1}, "condition": "s"}}
    assert Draft202012Validator(found["rule"]).is_valid(stranger)


def test_the_command_writes_them_and_names_them_for_vs_code(tmp_path: Path) -> None:
    top = folder(tmp_path, rules__made_public=RULE, logsources__github=AUDIT)
    result = run("schemas", "--for", top, "--vscode")
    told = json.loads(result.stdout)["yaml.schemas"]
    assert told[(top.resolve() / ".casetrail" / "rule.schema.json").as_uri()] == ["rules/**/*.yml", "filters/**/*.yml"]
    assert run("check", pack=top).exit_code == 0

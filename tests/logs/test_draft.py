"""A definition drafted from a sample knows that sample, says of each guess what it rests on, and holds no value of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from casetrail.logs.compare import compare
from casetrail.logs.contract import contracts
from casetrail.logs.draft import DraftError, draft
from casetrail.logs.faults import Faults
from casetrail.logs.read import documents
from casetrail.logs.sample import sample_of
from casetrail.reading.schema import form_faults
from tests.cli.ways import run

FLAT = [
    {
        "uuid": f"9f8c7b6a-0000-4000-8000-00000000000{n}",
        "created_at": 1767258000 + n,
        "action": action,
        "ip": f"198.51.100.{n}",
        "size": n,
        "ok": n > 1,
    }
    for n, action in enumerate(("login", "logout", "login"), 1)
]
NESTED = {
    "Records": [
        {"eventTime": "2026-01-01T09:00:00Z", "eventID": f"e-{n}{n}{n}0000", "who": {"name": "ana", "roles": ["a", "b"]}}
        for n in (1, 2)
    ]
}


def drafted(source: str, document: object) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(draft(source, sample_of([document])))
    assert list(form_faults("contract", found)) == []
    (one,) = found["sources"]
    return dict(one)


def test_fields_types_time_identity_and_kind_are_guessed() -> None:
    found = drafted("app/audit", FLAT)
    assert (found["time"], found["identity"], found["event_type"]) == ("created_at", ["uuid"], "action")
    assert found["fields"]["created_at"] == {"type": "time", "format": "epoch_s", "source": "sample"}
    assert {path: facts.get("type") for path, facts in found["fields"].items()} == {
        "action": None, "created_at": "time", "ip": "address", "ok": "boolean", "size": "integer", "uuid": None,
    }  # fmt: skip
    assert found["pivots"]["address"] == ["ip"]


def test_lists_and_envelopes_are_found() -> None:
    found = drafted("app/audit", NESTED)
    assert [one["rows"] for one in found["envelopes"]] == ["Records[]", ""]
    assert "who.roles[]" in found["fields"]


@pytest.mark.parametrize("document", [FLAT, NESTED])
def test_a_draft_knows_its_sample(document: object) -> None:
    (contract,) = contracts(yaml.safe_load(draft("app/audit", sample_of([document]))))
    assert compare([document], contract).fits


def test_what_the_definition_doesnt_know_is_named_with_the_number_of_events() -> None:
    (contract,) = contracts(yaml.safe_load(draft("app/audit", sample_of([FLAT]))))
    changed = [
        {**FLAT[0], "size": "many", "extra": {"deep": True}},
        {**FLAT[1], "ip": ["198.51.100.1", "198.51.100.2"]},
        {"action": "x"},
    ]
    found = compare([changed], contract)
    assert {(one.field, one.message.split(":")[0]) for one in found.differences} == {
        ("extra.deep", "not in the definition; its values read as boolean"),
        ("size", "a value that is no integer, so no test of it is true"),
        ("ip", "has several values in an event"),
    }
    assert (found.events, found.undetected, found.unnamed) == (3, 1, 1)


def test_no_value_of_the_sample_is_in_the_draft() -> None:
    text = draft("app/audit", sample_of([FLAT]))
    assert not [value for row in FLAT for value in row.values() if isinstance(value, str) and value in text]


def test_csv_and_parquet_give_what_json_gives(tmp_path: Path) -> None:
    with (tmp_path / "log.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, FLAT[0])
        writer.writeheader()
        writer.writerows(FLAT)
    (tmp_path / "log.ndjson").write_text("\n".join(map(json.dumps, FLAT)))
    duckdb.sql(f"COPY (FROM read_json('{tmp_path / 'log.ndjson'}')) TO '{tmp_path / 'log.parquet'}'")
    types = []
    for name in ("log.csv", "log.ndjson", "log.parquet"):
        found = drafted("app/audit", [row for _, row in documents(tmp_path / name, Faults())])
        types.append({path: facts.get("type") for path, facts in found["fields"].items()})
    types[0]["ok"] = "boolean"  # Python writes True, which no log does
    assert types[0] == types[1] == types[2]


@pytest.mark.parametrize(("document", "why"), [([], "no event"), ([{"a": 1}], "no field of the sample holds a time")])
def test_a_sample_without_events_or_times_is_refused(document: object, why: str) -> None:
    with pytest.raises(DraftError, match=why):
        draft("app/audit", sample_of([document]))


def test_the_command_writes_over_nothing_and_exits_1_where_the_definition_lacks_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.ndjson").write_text("\n".join(map(json.dumps, FLAT)))
    assert run("logsource", "new", "app/audit", "--from", "log.ndjson").exit_code == 0
    again = run("logsource", "new", "app/audit", "--from", "log.ndjson")
    assert (again.exit_code, "already there" in again.stderr) == (2, True)
    assert run("logsource", "check", "app/audit", "log.ndjson").exit_code == 0
    (tmp_path / "log.ndjson").write_text(json.dumps({**FLAT[0], "new": 1}))
    result = run("logsource", "check", "app/audit", "log.ndjson")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (
        1,
        "new: not in the definition; its values read as integer (1 event)",
    )
    assert run("logsource", "check", "app/audti", "log.ndjson").exit_code == 2

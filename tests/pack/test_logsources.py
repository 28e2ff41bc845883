"""A pack's and an overlay's log source definitions are added to the shipped ones, and a log that nobody defined is open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from casetrail.build.targets import backend_of, build, query_for
from casetrail.check.check import check
from casetrail.hunt.hunt import hunt
from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack

AUDIT = """
product: github
sources:
  - service: audit
    title: GitHub audit log
    time: "@timestamp"
    identity: [_document_id]
    detect: [[_document_id, action]]
    delay: {typical: 1m, greatest: 1h, basis: "a guess"}
    pivots: {account: [actor], session: [], address: [actor_ip], file: [], record: []}
    envelopes: [{name: bare row, rows: ""}]
    fields:
      "@timestamp": {type: time, format: epoch_ms, source: sample}
      _document_id: {case: exact, source: sample}
      action: {case: exact, source: sample}
      actor: {source: sample}
      actor_ip: {type: address, source: sample}
      config.url: {source: sample}
      labels[]: {source: sample}
"""
RULE = """
title: A repository was made public
name: made_public
id: 5f1a1e1e-0f3b-4a51-8d9b-6d5e0d6f5b11
status: test
logsource: {product: github, service: audit}
detection:
  selection: {action: repo.access, actor_ip|cidr: 198.51.100.0/24, config.url|contains: hook}
  condition: selection
level: high
"""
OPEN = """
title: Whoami
name: whoami
id: 5f1a1e1e-0f3b-4a51-8d9b-6d5e0d6f5b12
status: test
logsource: {product: windows, category: process_creation}
detection:
  selection: {CommandLine|contains: whoami, ProcessId|gte: 5}
  filter: {ParentImage: ''}
  condition: selection and not filter
level: high
---
title: Often
name: often
id: 5f1a1e1e-0f3b-4a51-8d9b-6d5e0d6f5b13
status: test
correlation: {type: value_count, rules: [whoami], group-by: [User], timespan: 1h, condition: {gte: 2, field: Image}, generate: true}
level: high
"""


def folder(top: Path, **files: str) -> Path:
    """A folder with files, each named by its path with `__` for `/`."""
    for name, text in files.items():
        path = top / f"{name.replace('__', '/')}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip(), "utf-8")
    return top


def test_a_definition_of_a_pack_is_added_to_the_shipped_ones(tmp_path: Path) -> None:
    pack = Pack.load(folder(tmp_path, rules__made_public=RULE, logsources__github=AUDIT))
    assert {"github/audit", "okta/okta", "gcp/google_workspace.admin"} <= set(pack.contracts)
    assert not pack.rules["made_public"].unchecked
    assert pack.watchlists, "a folder without watchlists/ borrows the shipped ones"


def test_a_definition_of_an_overlay_is_added_and_its_rules_are_built(tmp_path: Path) -> None:
    mine = folder(tmp_path, rules__made_public=RULE, logsources__github=AUDIT, casetrail="levels: {}")
    pack = Pack.load(None, None, mine)
    assert pack.rules["made_public"].plan is not None
    assert "logs-github.audit-*" in query_for(pack, pack.rules["made_public"], "elastic")


def test_a_packs_definition_of_a_shipped_log_replaces_it(tmp_path: Path) -> None:
    own = AUDIT.replace("product: github", "product: okta").replace("service: audit", "service: okta")
    pack = Pack.load(folder(tmp_path, logsources__okta=own))
    assert "action" in pack.contracts["okta/okta"].fields
    assert "okta/okta" in backend_of(pack, "elastic").stores


def test_an_overlays_definition_of_a_log_of_the_pack_is_a_fault_with_its_place(tmp_path: Path) -> None:
    own = AUDIT.replace("product: github", "product: okta").replace("service: audit", "service: okta")
    mine = folder(tmp_path, logsources__mine=own, casetrail="levels: {}")
    with pytest.raises(PackError, match=r"mine\.yml:1:10: okta/okta is defined by the pack"):
        Pack.load(None, None, mine)


def test_one_log_defined_twice_is_a_fault_that_names_both_files(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"b\.yml:\d+:\d+: github/audit is defined in .*a\.yml already"):
        Pack.load(folder(tmp_path, logsources__a=AUDIT, logsources__b=AUDIT))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"index": "logs-gh-*", "names": "as they are"}, ["FROM logs-gh-*", "actor_ip", "config.url"]),
        ({"index": "logs-gh-*", "names": "ecs"}, ["FROM logs-gh-*"]),
    ],
)
def test_a_mapping_is_as_short_as_index_and_names(tmp_path: Path, told: dict[str, str], expected: list[str]) -> None:
    settings = yaml.safe_dump({"targets": {"elastic": {"stores": {"github/audit": told}}}})
    mine = folder(tmp_path, rules__made_public=RULE, logsources__github=AUDIT, casetrail=settings)
    pack = Pack.load(None, None, mine)
    query = query_for(pack, pack.rules["made_public"], "elastic")
    assert all(text in query for text in expected)
    assert not backend_of(pack, "elastic").stores["github/audit"].assumed
    assert [
        finding
        for finding in check(pack.bare.folder, overlay=mine)
        if finding.severity == "error" and "targets" in finding.message
    ] == []


@pytest.mark.parametrize("ending", ["yml", "yaml", "YML"])
def test_a_file_of_backends_adds_a_log_to_a_borrowed_target(ending: str, tmp_path: Path) -> None:
    kept = {
        "service": "audit",
        "index": "gh-*",
        "names": "as they are",
        "fields": {"actor": {"name": "who", "type": "keyword"}},
    }
    store = yaml.safe_dump({"product": "github", "sources": [kept]})
    top = folder(tmp_path, rules__made_public=RULE, logsources__github=AUDIT, backends__elastic__github=store)
    written = top / "backends" / "elastic" / "github.yml"
    written.rename(written.with_suffix(f".{ending}"))
    pack = Pack.load(top)
    stores = backend_of(pack, "elastic").stores
    assert stores["github/audit"].fields["actor"].name == "who"
    assert stores["github/audit"].fields["config.url"].name == "config.url"
    assert "okta/okta" in stores


@pytest.mark.parametrize(
    ("target", "path", "name", "kind", "root"),
    [
        ("elastic", "labels", "labels", "keyword", ""),
        ("splunk", "labels", "labels{}", "json", ""),
        ("sentinel", "config.url", "config.url", "dynamic", "config"),
        ("sentinel", "actor", "actor", "string", ""),
        ("opensearch", "actor_ip", "actor_ip", "ip", ""),
    ],
)
def test_names_as_they_are_are_those_that_the_siem_gives_them(
    tmp_path: Path, target: str, path: str, name: str, kind: str, root: str
) -> None:
    pack = Pack.load(folder(tmp_path, logsources__github=AUDIT))
    place = backend_of(pack, target).stores["github/audit"].fields[path]
    assert (place.name, place.type, place.root) == (name, kind, root)


def test_a_rule_of_a_log_that_nobody_defined_compiles_with_its_fields_unchecked(tmp_path: Path) -> None:
    pack = Pack.load(folder(tmp_path, rules__open=OPEN))
    assert [rule.name for rule in pack.rules.values() if rule.unchecked and rule.plan] == ["whoami", "often"]
    built = build(pack, ["splunk"])
    assert built.unchecked == ("whoami", "often")
    told = json.loads(built.files["manifest.json"])
    assert told["fields_unchecked"] == ["whoami", "often"]
    assert told["indexes_assumed"][0]["source"] == "windows/process_creation"
    assert [finding.code for finding in check(tmp_path)] == ["CT101", "CT101"]


def test_an_open_log_is_hunted_in_any_events_that_have_a_time(tmp_path: Path) -> None:
    pack = Pack.load(folder(tmp_path / "pack", rules__open=OPEN))
    one = {"CommandLine": "WhoAmI", "ProcessId": 7, "ParentImage": "x", "User": "a", "Image": "i"}
    rows = [
        {"UtcTime": "2026-01-01 10:00:00.123", **one},
        {"records": [{"ts": 1767261605.5, **one, "Image": "j"}]},
        {"eventTime": "2026-01-01T10:00:00Z", **one, "ParentImage": ""},
        {"eventTime": "2026-01-01T10:00:00Z", **one, "ProcessId": 4},
        {**one},
    ]
    log = tmp_path / "log.ndjson"
    log.write_text("\n".join(map(json.dumps, rows)))
    table = tmp_path / "log.csv"
    table.write_text(
        "TimeGenerated,CommandLine,ProcessId,ParentImage\n2026-01-01T11:00:00Z,whoami,9,y\n2026-01-01T11:00:00Z,whoami,9,\n"
    )
    report = hunt(pack.rules.plans(), pack.contracts, [log, table])
    assert report.hits.by_rule() == {"whoami": 3, "often": 1}
    assert report.rows == {"windows/process_creation": 6}
    assert report.faults.counts == {"no known log": 1}


def test_equal_events_of_an_open_log_are_one_event(tmp_path: Path) -> None:
    pack = Pack.load(folder(tmp_path / "pack", rules__open=OPEN))
    row = json.dumps({"time": "2026-01-01T10:00:00Z", "CommandLine": "whoami", "ProcessId": 7, "ParentImage": "x"})
    log = tmp_path / "log.ndjson"
    log.write_text(f"{row}\n{row}\n")
    assert hunt(pack.rules.plans(), pack.contracts, [log]).hits.by_rule() == {"whoami": 1}


def test_a_defined_log_is_recognised_before_an_open_one(tmp_path: Path) -> None:
    rule = OPEN.replace("CommandLine", "action")
    pack = Pack.load(folder(tmp_path / "pack", rules__open=rule, logsources__github=AUDIT))
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps({"@timestamp": 1767261605500, "_document_id": "a", "action": "whoami"}))
    assert hunt(pack.rules.plans(), pack.contracts, [log]).rows == {"github/audit": 1}


def test_a_log_source_that_looks_misspelt_is_told_the_nearest(tmp_path: Path) -> None:
    found = check(
        folder(
            tmp_path,
            rules__open=OPEN.replace("product: windows, category: process_creation", "product: otka, service: okta"),
        )
    )
    assert any("did you mean okta/okta?" in finding.message for finding in found)

"""`casetrail lock`: current, kept, and nothing hidden in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from casetrail.pack.files import PackError
from casetrail.pack.lockfile import Lock, read_lock
from tests.cli.ways import ROOT, RULE, put, run, small_pack, tree

END = {"selection": {"eventType": "user.session.end"}, "condition": "selection"}
SECOND = {**RULE["casetrail"], "version": 2}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    other = {**RULE, "name": "other", "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b12"}
    folder = small_pack(tmp_path / "pack", {"example": RULE, "other": other})
    assert run("lock", pack=folder).exit_code == 0
    return folder


def rule(pack: Path, **more: Any) -> None:
    put(pack / "rules" / "okta" / "example.yml", {**RULE, **more})


def read(pack: Path) -> Lock:
    lock = read_lock(pack)
    assert lock is not None
    return lock


def releases(pack: Path) -> set[int]:
    return {one.release for one in read(pack).rules["example"].targets.values()}


def test_the_lock_of_the_pack_is_current() -> None:
    result = run("lock", "--check", pack=ROOT)
    assert (result.exit_code, result.stdout) == (0, ""), "run `casetrail --pack . lock`"


def test_it_is_sorted_text_that_reads_again_as_it_was_written(pack: Path) -> None:
    text = (pack / "rules.lock").read_text()
    document = yaml.safe_load(text)
    assert list(document["rules"]) == ["example", "other"]
    assert document["rules"]["example"]["id"] == RULE["id"]
    again = run("lock", pack=pack)
    assert again.stdout.endswith("2 rules, 0 of them new or changed; 0 withdrawn\n")
    assert (pack / "rules.lock").read_text() == text


def test_a_meaning_under_the_same_version_is_not_locked(pack: Path) -> None:
    before = tree(pack)
    rule(pack, detection=END)
    result = run("lock", pack=pack)
    assert result.exit_code == 1
    assert "example: its meaning is another than that of version 1: say casetrail.version: 2" in result.stderr
    assert tree(pack)["rules.lock"] == before["rules.lock"]
    rule(pack, detection=END, casetrail=SECOND)
    assert run("lock", "--check", pack=pack).stdout.splitlines()[0] == "example: version 1, now 2, of another meaning"
    assert run("lock", pack=pack).exit_code == 0
    assert read(pack).rules["example"].version == 2
    assert releases(pack) == {2}


def test_a_version_that_rose_for_words_is_not_locked(pack: Path) -> None:
    rule(pack, title="Other words", casetrail=SECOND)
    result = run("lock", pack=pack)
    assert result.exit_code == 1
    assert "version 2 means what version 1 does: say casetrail.version: 1" in result.stderr
    rule(pack, title="Other words")
    assert run("lock", "--check", pack=pack).exit_code == 0


@pytest.mark.parametrize(("more", "version"), [({"detection": END}, 2), ({"title": "Words", "casetrail": SECOND}, 1)])
def test_it_sets_the_versions_that_must_be(pack: Path, more: Mapping[str, Any], version: int) -> None:
    rule(pack, **more)
    path = pack / "rules" / "okta" / "example.yml"
    before = path.read_text().splitlines()
    assert run("lock", "--set-versions", pack=pack).exit_code == 0
    after = path.read_text().splitlines()
    changed = [line for line, old in zip(after, before, strict=True) if line != old]
    assert [line.strip() for line in changed] == [f"version: {version}"]
    assert run("lock", "--check", pack=pack).exit_code == 0


def test_a_query_that_changes_alone_is_a_release_and_no_version(pack: Path, tmp_path: Path) -> None:
    store = pack / "backends" / "elastic" / "okta.yml"
    store.write_text(store.read_text().replace("okta.event_type", "event.action"))
    result = run("lock", "--check", pack=pack)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [f"{name}: its query for elastic is another" for name in ("example", "other")]
    assert "CT60" not in run("check", pack=pack).stdout, "that is nothing a rule's author can mend"
    run("lock", pack=pack)
    entry = read(pack).rules["example"]
    assert (entry.version, {target: one.release for target, one in entry.targets.items()}) == (
        1,
        {"elastic": 2, "opensearch": 1, "sentinel": 1, "splunk": 1},
    )
    generation = pack / "backends" / "sentinel" / "backend.yml"
    generation.write_text(generation.read_text().replace("okta: v2", "okta: v1"))
    run("lock", pack=pack)
    run("build", "-o", tmp_path / "dist", pack=pack)
    built = tree(tmp_path / "dist")
    (kibana,) = [
        one
        for line in built["elastic/detection-rules.ndjson"].splitlines()
        if (one := json.loads(line)).get("rule_id") == RULE["id"]
    ]
    assert kibana["version"] == 2
    assert yaml.safe_load(built["sentinel/analytics/example.yaml"])["version"] == "1.1.0"


def test_releases_and_versions_rise_together(pack: Path) -> None:
    store = pack / "backends" / "elastic" / "okta.yml"
    store.write_text(store.read_text().replace("okta.event_type", "event.action"))
    run("lock", pack=pack)
    rule(pack, detection=END, casetrail=SECOND)
    run("lock", pack=pack)
    targets = read(pack).rules["example"].targets
    assert {target: one.release for target, one in targets.items()} == {
        "elastic": 3,
        "opensearch": 2,
        "sentinel": 2,
        "splunk": 2,
    }


def test_a_rule_that_is_gone_needs_a_reason_and_leaves_what_switches_it_off(pack: Path, tmp_path: Path) -> None:
    for folder in ("rules", "fixtures"):
        (pack / folder / "okta" / "example.yml").unlink()
    result = run("lock", pack=pack)
    assert result.exit_code == 1
    assert "example is gone, and was shipped: run `casetrail lock --withdraw example=REASON`" in result.stderr
    assert run("lock", "--withdraw", "example", pack=pack).exit_code == 2
    reason = 'it told of "every" sign-in: [never] = useful'
    assert run("lock", "--withdraw", f"example={reason}", pack=pack).exit_code == 0
    stone = read(pack).withdrawn["example"]
    assert (stone.id, stone.version, stone.reason) == (RULE["id"], 1, reason)
    assert run("lock", "--check", pack=pack).exit_code == 0
    run("build", "-o", tmp_path / "dist", pack=pack)
    built = tree(tmp_path / "dist")
    kibana = json.loads(built["elastic/withdrawn.ndjson"].splitlines()[0])
    assert (kibana["rule_id"], kibana["enabled"], kibana["version"]) == (RULE["id"], False, 2)
    (sentinel,) = json.loads(built["sentinel/withdrawn.json"])["resources"]
    assert sentinel["properties"]["enabled"] is False
    before = json.loads(built["manifest.json"])
    assert {"elastic/withdrawn.ndjson", "sentinel/withdrawn.json"} <= {file["path"] for file in before["files"]}
    (conf,) = [content.decode() for path, content in built.items() if path.endswith("default/savedsearches.conf")]
    stanza = conf[conf.index("[casetrail - example]") :]
    assert "disabled = 1\n" in stanza
    assert "| where false()" in stanza


def test_the_tombstone_of_sentinel_is_the_resource_that_was(pack: Path, tmp_path: Path) -> None:
    run("build", "-o", tmp_path / "dist", pack=pack)
    known = yaml.safe_load(tree(tmp_path / "dist")["sentinel/analytics/example.yaml"])["id"]
    (pack / "rules" / "okta" / "example.yml").unlink()
    run("lock", "--withdraw", "example=noise", pack=pack)
    run("build", "-o", tmp_path / "dist", pack=pack)
    assert known in tree(tmp_path / "dist")["sentinel/withdrawn.json"].decode()


def test_the_tombstone_of_a_rule_without_an_id_is_the_rule_that_was(tmp_path: Path) -> None:
    bare = {key: value for key, value in RULE.items() if key != "id"}
    pack = small_pack(tmp_path / "pack", {"example": bare, "other": {**RULE, "name": "other"}}, None)
    known: list[tuple[str, str]] = []
    for file in ("elastic/detection-rules.ndjson", "elastic/withdrawn.ndjson"):
        assert run("lock", *(["--withdraw", "example=noise"] if known else []), pack=pack).exit_code == 0
        run("build", "-o", tmp_path / "dist", pack=pack)
        lines = map(json.loads, tree(tmp_path / "dist")[file].splitlines())
        rule = next(line for line in lines if line.get("rule_id", RULE["id"]) != RULE["id"])
        known.append((rule["id"], rule["rule_id"]))
        (pack / "rules" / "okta" / "example.yml").unlink(missing_ok=True)
    assert known[0] == known[1]
    assert all(len(text) == 36 for text in known[0])


def test_a_renamed_rule_keeps_its_id_and_is_not_switched_off(pack: Path, tmp_path: Path) -> None:
    (pack / "rules" / "okta" / "example.yml").unlink()
    put(pack / "rules" / "okta" / "renamed.yml", {**RULE, "name": "renamed"})
    run("lock", "--withdraw", "example=renamed", pack=pack)
    run("build", "-o", tmp_path / "dist", pack=pack)
    assert "elastic/withdrawn.ndjson" not in tree(tmp_path / "dist")


def test_who_comes_back_must_be_of_a_higher_version(pack: Path) -> None:
    kept = (pack / "rules" / "okta" / "example.yml").read_bytes()
    (pack / "rules" / "okta" / "example.yml").unlink()
    run("lock", "--withdraw", "example=noise", pack=pack)
    (pack / "rules" / "okta" / "example.yml").write_bytes(kept)
    assert "was withdrawn at version 1: to bring it back say casetrail.version: 2" in run("lock", pack=pack).stderr
    assert run("lock", "--set-versions", pack=pack).exit_code == 0
    assert read(pack).withdrawn == {}
    assert releases(pack) == {2}


def test_only_what_was_shipped_can_be_withdrawn(pack: Path) -> None:
    assert "is in the pack" in run("lock", "--withdraw", "example=noise", pack=pack).stderr
    assert "no rule that the lock says was shipped" in run("lock", "--withdraw", "never=noise", pack=pack).stderr


@pytest.mark.parametrize(
    "text",
    [
        "rules: [",
        "rules: {a: {}}",
        "rules: {a: {id: b, version: x, plan: c}}",
        "- a",
        "rules: {a: {id: i, version: 1, plan: c, t: z}}",
    ],
)
def test_a_lock_that_is_none_is_named(pack: Path, text: str) -> None:
    (pack / "rules.lock").write_text(text)
    with pytest.raises(PackError, match=r"rules\.lock: it is no lock"):
        read_lock(pack)
    assert run("lock", pack=pack).exit_code == 2
    assert "CT003" in run("check", pack=pack).stdout
    assert run("lock", "--anew", pack=pack).exit_code == 0


def test_only_a_pack_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("lock")
    assert result.exit_code == 2
    assert "is no pack, which has rules/" in result.stderr
    assert tree(tmp_path) == {}


def test_a_pack_without_a_lock_is_left_alone(tmp_path: Path) -> None:
    folder = small_pack(tmp_path / "pack")
    assert run("check", pack=folder).exit_code == 0
    assert run("build", "-o", tmp_path / "dist", pack=folder).exit_code == 0

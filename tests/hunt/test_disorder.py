"""A hunt over files in disorder finds the same: rows doubled, shuffled, spread over files, keys reversed, times on other clocks."""

from __future__ import annotations

from pathlib import Path
from random import Random

import orjson

from bench.rows import write
from casetrail.hunt.hunt import hunt
from casetrail.logs.event import event_of
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import sources
from tests.laws.changes import backwards, zoned

ROOT = Path(__file__).parents[2]


def test_a_hunt_over_files_in_disorder_finds_the_same(tmp_path: Path) -> None:
    pack = Pack.load(ROOT)
    plans = {name: plan for name, plan in pack.rules.plans().items() if sources(plan) == ("okta/okta",)}
    contract = pack.contracts["okta/okta"]
    random = Random(7)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    write(whole / "rows.ndjson", 600)
    rows = [orjson.loads(line) for line in (whole / "rows.ndjson").read_bytes().splitlines()]
    disordered = []
    for row in random.sample([*rows, *rows[::2]], k=len(rows) + len(rows[::2])):
        event = event_of(row, contract)
        assert event is not None
        disordered.append(orjson.dumps(backwards({**row, "published": zoned(event.time, random)})))
    (parts / "deeper").mkdir(parents=True)
    (parts / "a.ndjson").write_bytes(b"\n".join(disordered[::4]))
    (parts / "b.ndjson").write_bytes(b"\n".join(disordered[1::4]))
    (parts / "c.json").write_bytes(b"[" + b",".join(disordered[2::4]) + b"]")
    (parts / "deeper" / "d.ndjson").write_bytes(b"\n".join(disordered[3::4]))
    before, after = (hunt(plans, pack.contracts, [path]) for path in (whole, parts))
    assert after.faults.counts == before.faults.counts == {}
    hits = [{(hit.rule, hit.id, hit.time, tuple(hit.evidence)) for hit in report.hits} for report in (before, after)]
    assert hits[0] == hits[1]
    assert len(hits[0]) > 20
    assert len(after.hits) == len(before.hits)

"""docs/proof.md is of the pack as it stands. What it says of an engine is held by that engine's own tests of all cases."""

from __future__ import annotations

from pathlib import Path

from casetrail.build.targets import build
from casetrail.pack.backend import targets
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack

ROOT = Path(__file__).parents[2]
TARGETS = {"elasticsearch": "elastic", "opensearch": "opensearch", "kusto": "sentinel", "splunk (model)": "splunk"}
SHARE = 0.05
"""The most of all rules and targets that may be refused."""


def rows() -> dict[str, dict[str, str]]:
    """The page's table of rules: by rule the cells by heading."""
    lines = [line.strip("| ").split(" | ") for line in (ROOT / "docs" / "proof.md").read_text("utf-8").splitlines()]
    start = next(number for number, line in enumerate(lines) if line[0] == "rule")
    found = {}
    for line in lines[start + 2 :]:
        if len(line) != len(lines[start]):
            break
        found[line[0].strip("`")] = dict(zip(lines[start], line, strict=True))
    return found


def test_the_page_is_of_this_pack() -> None:
    pack = Pack.load(ROOT)
    page = rows()
    assert {file.rule: str(len(file.cases)) for file in case_files(pack)} == {
        rule: cells["cases"] for rule, cells in page.items()
    }, "run `casetrail prove --markdown docs/proof.md`"
    assert not [rule for rule, cells in page.items() if {"disagrees", "not run"} & set(cells.values())]
    built = build(pack, targets(pack))
    refused = {(refusal.rule, refusal.target) for refusal in built.refused}
    shown = {
        (rule, TARGETS[engine])
        for rule, cells in page.items()
        for engine, text in cells.items()
        if engine in TARGETS and text.startswith("refused")
    }
    assert {pair for pair in shown if pair[0] in pack.rules.plans()} == refused
    assert len(refused) <= SHARE * len(pack.rules.plans()) * len(targets(pack))

"""docs/rules/ is of the pack as it stands, and shows what it shows as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack
from casetrail.pages.__main__ import main
from casetrail.pages.measured import noise_of, proof_of, read_measured
from casetrail.pages.rule import noise_words
from casetrail.pages.site import site
from casetrail.pages.stories import stories
from casetrail.plan.words import plan_lines
from casetrail.reading.markdown import code, plain
from tests.cli.ways import ROOT, RULE, small_pack, tree

PACK = Pack.load(ROOT)
PAGES = site(PACK, ROOT / "docs")
LINK = re.compile(r"\]\(([^)#]+)\)")
NOISE: dict[str, Any] = {
    "by_day": [1, 0, 2],
    "quiet": ["calm"],
    "inactive": ["sleeper"],
    "rules": [{"rule": "loud", "a_week": 7.0, "causes": [{"what": "VPN | switched on", "of_sample": 3}]}],
}


def test_the_pages_are_current() -> None:
    kept = {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / "rules").iterdir()}
    assert kept == PAGES, "run `make docs`"


def test_every_rule_and_every_story_has_a_page() -> None:
    alone = [rule for rule in PACK.rules.values() if rule.alone]
    told = {"README.md"} | {f"{rule.name}.md" for rule in alone} | {f"{rule.own['story']}.md" for rule in alone}
    assert set(PAGES) == told
    for rule in alone:
        page = PAGES[f"{rule.name}.md"]
        assert rule.plan is not None
        assert "\n".join(plan_lines(rule.plan)) in page
        assert len(re.findall(rf"\]\({rule.name}\.md\)", PAGES[f"{rule.own['story']}.md"])) == 1
        assert [
            head for head in ("What to do", "Expected alert volume", "Its cases", "Its proof") if f"## {head}\n" not in page
        ] == []


def test_links_lead_somewhere() -> None:
    folder = ROOT / "docs" / "rules"
    for name, page in PAGES.items():
        for target in LINK.findall(page):
            if "://" not in target:
                assert target in PAGES or (folder / target).resolve().is_file(), (name, target)


def test_the_stories_are_those_of_the_schema() -> None:
    schema = json.loads((ROOT / "src" / "casetrail" / "schemas" / "rule.schema.json").read_text("utf-8"))
    assert list(stories()) == schema["properties"]["casetrail"]["properties"]["story"]["enum"]


def test_nothing_in_a_rule_breaks_out_of_its_page(tmp_path: Path) -> None:
    nasty = "A | title <script>x</script> *b* [x](y) `c` ``` \\"
    rule = {**RULE, "title": nasty, "falsepositives": [nasty, "two\nlines"]}
    pack = Pack.load(small_pack(tmp_path, {"example": rule}))
    pages = site(pack, tmp_path / "docs")
    text = "\n".join(pages.values())
    assert "<script" not in text.replace("\\<script", "")
    assert "](y)" not in text.replace("\\](y)", "")
    assert "- two lines\n" in pages["example.md"]
    for line in pages["session-replay.md"].splitlines():
        if line.startswith("| [`example`]"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 5
    assert "no other engine has run them" in pages["example.md"]
    assert "Its noise is not measured." in pages["example.md"]


def test_a_page_of_a_rule_that_is_gone_goes_too(tmp_path: Path) -> None:
    small_pack(tmp_path)
    (tmp_path / "docs" / "rules").mkdir(parents=True)
    (tmp_path / "docs" / "rules" / "gone.md").write_text("old")
    main(tmp_path / "docs")
    assert set(tree(tmp_path / "docs" / "rules")) == {"README.md", "example.md", "session-replay.md"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_rule_name, then", "`a_rule_name`, then"),
        ("(client.ipAddress)", "(client.ipAddress)"),
        ("see page_one or page_two.", "see [`page_one`](page_one.md) or `page_two`."),
        ("a|b *c* <d> [e]", "a\\|b \\*c\\* \\<d\\> \\[e\\]"),
        ("one\n  two", "one two"),
    ],
)
def test_plain_text(text: str, shown: str) -> None:
    assert plain(text, {"page_one"}) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a|b", "`a\\|b`"), ("a\nb", "`a\\nb`"), ("", "`  `")],
)
def test_code(text: str, shown: str) -> None:
    assert code(text) == shown


def test_noise_is_told_where_it_was_measured(tmp_path: Path) -> None:
    found = noise_of(NOISE)
    assert noise_words(found["loud"]) == (
        "7.0 alerts a week in 3 ordinary days of an invented company of 2,000 people ([how](../noise.md)), made by VPN \\| switched on."
    )
    assert noise_words(found["calm"]).startswith("No alert in 3 ordinary days")
    assert "inactive" in noise_words(found["sleeper"])
    assert (found["sleeper"].words, found["loud"].words) == ("asleep", "7.0")
    assert noise_words(None) == "Its noise is not measured."
    small_pack(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "noise.json").write_text(json.dumps({**NOISE, "quiet": ["example"]}))
    pages = site(Pack.load(tmp_path), tmp_path / "docs")
    assert "| [`example`](example.md) | high | single event | 0.0 | Example |" in pages["session-replay.md"]
    (tmp_path / "docs" / "noise.json").write_text("[]")
    with pytest.raises(PackError, match=r"noise\.json"):
        read_measured(tmp_path / "docs")


def test_a_refusal_is_told_with_its_reason() -> None:
    page = "| engine | v |\n|---|---|\n\n| rule | cases | kusto |\n|---|---|---|\n| a | 3 | refused (1) |\n\n1. it has no such column\n"
    assert proof_of(page) == {"a": {"kusto": "refused: it has no such column"}}
    assert proof_of("") == {}

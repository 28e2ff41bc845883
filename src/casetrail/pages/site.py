"""All pages of `docs/rules/`: an index, a page per story, a page per rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from casetrail.build.targets import backend_of
from casetrail.pack.backend import targets
from casetrail.pack.cases import case_paths
from casetrail.pack.files import Files
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.pages.measured import read_measured
from casetrail.pages.rule import Shelf, rule_lines
from casetrail.pages.stories import Story, stories
from casetrail.plan.words import kind_words
from casetrail.reading.markdown import code, link, plain, table
from casetrail.sigma.levels import LEVELS

_MADE = "Made from the rules and their cases by `make docs`."


def site(pack: Pack, docs: Path) -> dict[str, str]:
    """The pages by file name. docs: the folder that keeps what was measured.

    Raises PackError when a file can't be read.
    """
    told = [rule for rule in pack.rules.values() if rule.alone and rule.plan is not None and "story" in rule.own]
    backends = [backend_of(pack, target) for target in targets(pack)]
    shelf = Shelf(pack, backends, _cases(pack), read_measured(docs), frozenset(rule.name for rule in told))
    by_story = {story: _sorted(rule for rule in told if rule.own["story"] == story.name) for story in stories().values()}
    grouped = {story: rules for story, rules in by_story.items() if rules}
    pages = {"README.md": _text(_index(grouped))}
    for story, rules in grouped.items():
        pages[f"{story.name}.md"] = _text(_story(story, rules, shelf))
    for rule in told:
        if rule.plan is not None:
            pages[f"{rule.name}.md"] = _text(rule_lines(rule, rule.plan, shelf))
    return pages


def _cases(pack: Pack) -> dict[str, Mapping[str, Any]]:
    files = Files()
    return {document["rule"]: document for path in case_paths(pack, files) for document in files.documents(path)}


def _sorted(rules: Iterable[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda rule: (-LEVELS.index(rule.level), rule.name))


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def _index(grouped: Mapping[Story, list[Rule]]) -> Iterator[str]:
    yield from ("# The rules", "", _MADE, "")
    yield "A page per analytic story and a page per rule: what it means, what to do, expected alert volume, its cases and its proof."
    yield "Which rules detect what happened in 2023, and what other rule sets have: [coverage.md](../coverage.md)."
    yield ""
    rows = [
        (link(plain(story.title), f"{story.name}.md"), str(len(rules)), plain(story.about))
        for story, rules in grouped.items()
    ]
    yield from table(("story", "rules", "what happens"), rows)
    yield from ("", "## All of them", "")
    everything = sorted((rule for rules in grouped.values() for rule in rules), key=lambda rule: rule.name)
    yield from table(
        ("rule", "level", "story", "title"),
        (
            (link(code(rule.name), f"{rule.name}.md"), rule.level, rule.own["story"], plain(str(rule.sigma.title)))
            for rule in everything
        ),
    )


def _story(story: Story, rules: list[Rule], shelf: Shelf) -> Iterator[str]:
    yield from (f"# {plain(story.title)}", "", f"{link('All stories', 'README.md')}. {_MADE}", "", plain(story.about), "")
    noise = shelf.measured.noise
    head = ("rule", "level", "kind", *(("alerts a week",) if noise is not None else ()), "what it sees")
    rows = []
    for rule in rules:
        if rule.plan is not None:
            cells = [link(code(rule.name), f"{rule.name}.md"), rule.level, kind_words(rule.plan)]
            if noise is not None:
                cells.append(noise[rule.name].words if rule.name in noise else "not measured")
            rows.append([*cells, plain(str(rule.sigma.title))])
    yield from table(head, rows)
    if noise is None:
        yield from ("", "Their noise is not measured.")

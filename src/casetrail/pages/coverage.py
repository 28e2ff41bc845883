"""`docs/coverage.md`: what happened in 2023, and what other public rule sets have, beside the rules of this pack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from casetrail.reading.markdown import code, link, plain, table

_HEAD = """# What the rules cover

Made from `docs/coverage.yml` by `make docs`.

## The incident, step by step

The breach of 2023 after its root-cause report, in our words. *Seen by* are rules that match events of that day in
[the incident's logs](../fixtures/incidents/okta-2023/README.md); tests verify it. *Also* are rules for what these logs don't contain:
another log that was on, another pace, another order. The report names neither the support product nor its events; that it behaves like
Salesforce is our inference."""
_SETS = """## Other public rule sets

What their published rules detect, and which rule here detects the same; where none does, the reason. A rule of ours beside one
of theirs detects the same behaviour; the two needn't match the same events. None of their text or code is in this pack."""


def coverage_page(document: Mapping[str, Any]) -> str:
    """The page. document: what `docs/coverage.yml` holds."""
    return "\n".join(_lines(document)) + "\n"


def named_rules(document: Mapping[str, Any]) -> set[str]:
    """Every rule that a coverage document names."""
    found: set[str] = set()
    for row in document["incident"]["rows"]:
        found |= {*row.get("seen_by", ()), *row.get("also", ())}
    for each in document["sets"]:
        for item in (*each["has"], *each["adds"]):
            found |= set(item.get("ours", ()))
    return found


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield from (_HEAD, "")
    head = ("when, in 2023", "what happened", "seen by", "also", "")
    yield from table(
        head,
        (
            (
                plain(row["when"]),
                f"{plain(row['what'])} ({', '.join(row['facts'])})",
                _rules(row.get("seen_by", ())),
                _rules(row.get("also", ())),
                plain(row.get("note", "")),
            )
            for row in document["incident"]["rows"]
        ),
    )
    yield from ("", _SETS)
    for each in document["sets"]:
        licence = f", {plain(each['licence'])}" if each["licence"] else ""
        yield from ("", f"### {plain(each['name'])}", "", f"As of {plain(each['as_of'])}{licence}.", "")
        yield from table(
            ("what they have", "here", "note"),
            ((plain(item["what"]), _rules(item.get("ours", ())), plain(item.get("note", ""))) for item in each["has"]),
        )
        yield from ("", "What we add:", "")
        for item in each["adds"]:
            note = f" ({plain(item['note'])})" if "note" in item else ""
            yield f"- {plain(item['what'])}: {_rules(item['ours'])}{note}"


def _rules(names: Iterable[str]) -> str:
    return ", ".join(link(code(name), f"rules/{name}.md") for name in names)

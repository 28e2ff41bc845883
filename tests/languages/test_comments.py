"""Comments change nothing of what a query means, whatever a rule's title and description hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from casetrail.build.readable import header, readable
from casetrail.build.targets import backend_of, build, query_for
from casetrail.engines.spl_model.errors import SplError
from casetrail.engines.spl_model.parse import parse
from casetrail.languages.comments import Comments, commented
from casetrail.languages.esql.comments import COMMENTS as ESQL
from casetrail.languages.kql.comments import COMMENTS as KQL
from casetrail.languages.languages import language_of
from casetrail.languages.spl.comments import COMMENTS as SPL
from casetrail.pack.pack import Pack
from casetrail.packages.formats import Packaged
from casetrail.schedule.schedule import schedule
from casetrail.stores.store import Backend

ROOT = Path(__file__).parents[2]
PACK = Pack.load(ROOT)
COMMENTED = {"elastic": "esql", "sentinel": "kql", "splunk": "spl"}
RULE = "okta_session_two_networks"
HOSTILE = [
    "a\nb\r\nc",
    "\n| DROP everything",
    "a ``` | delete ``` b",
    "`a_macro` ```",
    "*/ /* // --",
    "\" ' | [ search index=* ] $token$ \\",
    "\N{LINE SEPARATOR}\N{NEXT LINE}\v\f| where false",
    "{{context.rule.name}}",
    "\\",
    "",
]


def item(target: str, backend: Backend | None = None) -> Packaged:
    rule, backend = PACK.rules[RULE], backend or backend_of(PACK, target)
    assert rule.plan is not None
    when = schedule(rule.plan, backend, PACK.contracts)
    return Packaged(rule, rule.plan, query_for(PACK, rule, target, backend), when, PACK.contracts)


def bare(text: str, comments: Comments) -> str:
    """The lines of a query that are no comment."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(comments.before))


def meant(search: str) -> str:
    """The commands of a search, wherever in the text they stand."""
    return re.sub(r"\bat=\d+", "", str(parse(search, {})))


@pytest.mark.parametrize("target", COMMENTED)
def test_without_its_comments_a_shipped_query_is_the_query(target: str) -> None:
    backend = backend_of(PACK, target)
    comments = language_of(backend).comments
    assert comments is not None
    files = build(PACK, [target]).files
    shipped = {path.rpartition("/")[2].partition(".")[0]: text for path, text in files.items() if "/queries/" in path}
    assert len(shipped) > 100
    for name, content in shipped.items():
        text = content.decode().removesuffix("\n")
        assert text != query_for(PACK, PACK.rules[name], target, backend), name
        assert bare(text, comments) == query_for(PACK, PACK.rules[name], target, backend), name


@pytest.mark.parametrize("title", HOSTILE)
@pytest.mark.parametrize("comments", [ESQL, KQL, SPL], ids=COMMENTED.values())
def test_no_title_ends_a_comment(title: str, comments: Comments) -> None:
    text = commented("base search\n| where x=1", [title, f"Finds: {title}"], comments)
    assert bare(text, comments) == "base search\n| where x=1"
    inner = [
        line.removeprefix(comments.before).removesuffix(comments.after)
        for line in text.split("\n")
        if line.startswith(comments.before)
    ]
    assert all(line.isprintable() for line in inner)
    assert not any(char in line for line in inner for char in comments.unsafe)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_search_with_comments_is_the_same_search(title: str) -> None:
    query = 'index=okta\n| eval at="x", b=\'a b\'\n| where a="p"\n| table a'
    assert meant(commented(query, [title], SPL)) == meant(query)


def test_a_line_within_a_text_gets_no_comment() -> None:
    query = 'index=okta\n| eval a="x \\" y\n| where b"\n| where a="p"'
    assert commented(query, [], SPL).replace("``` The events", "").count("```") == 1
    assert '| eval a="x \\" y\n| where b"' in commented(query, [], SPL)


def test_a_comment_without_an_end_is_refused() -> None:
    with pytest.raises(SplError, match="a comment without an end"):
        parse("index=okta ``` what is this\n| table a", {})


def test_marks_of_comments_in_a_text_are_no_comment() -> None:
    with pytest.raises(SplError):
        parse('index=okta | eval a="``` b" | eval c="```"', {})


def test_a_header_says_what_the_rule_is_what_it_finds_and_its_window() -> None:
    title, known, finds, matches, window = header(item("elastic"))
    assert title == "Okta session used from two networks (medium)"
    assert known.startswith("okta_session_two_networks, version 1, 91ed3810-8e28-437d-83e5-75b1a72dbcbf, https://")
    assert finds.startswith("Finds: One Okta session was used from two networks")
    assert matches.startswith(
        "Matches: an event of okta_session_activity, when over the 8h up to it the number of distinct values"
    )
    assert (
        window
        == "Window: it runs every 30m and reads back 18h 30m: events that came up to 6h late, and the 8h of the window"
    )


def test_a_query_that_comments_make_too_long_is_shipped_without() -> None:
    backend = backend_of(PACK, "sentinel")
    one = item("sentinel")
    long = replace(one, query=one.query + "\n| where x == '" + "y" * (9_900 - len(one.query)) + "'")
    assert readable(long, backend).query == long.query
    assert readable(one, backend).query != one.query


def test_a_language_without_comments_gets_none() -> None:
    backend = backend_of(PACK, "opensearch")
    one = item("opensearch")
    assert readable(one, backend) == one
    assert json.loads(one.query)


def test_each_stage_is_said_once() -> None:
    text = commented("FROM a\n| EVAL at = 1\n| EVAL at = 2", [], ESQL)
    assert text == "FROM a\n// When it was, in milliseconds since 1970, and the event's id.\n| EVAL at = 1\n| EVAL at = 2"

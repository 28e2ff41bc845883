"""RE2's trees against RE2 itself: what it reads is read and nothing else, and a tree finds what its pattern finds."""

from __future__ import annotations

import random

import pytest
import re2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casetrail.plan.characters import NAMED, variants
from casetrail.plan.nodes import Matches
from casetrail.plan.regex import Anchor, Chars, Choice, Concat, Group, Literal, Named, Repeat, Span, finds
from casetrail.plan.regex_reader import DEEPEST, MOST, NestingError, PatternError, read
from tests.plan.regexes import LETTERS, re2_text, text, tree, words

MANY = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32).map(random.Random)
FLAGS = st.tuples(st.booleans(), st.booleans(), st.booleans())
SIGNS = st.text(r"ab1é_-^$.|()[]{}*+?,:=!<>PQEdWpLxzCimsU\ " + "\n", max_size=12)


def is_re2(check: Matches) -> bool | None:
    """Whether RE2 reads a pattern; None where it does but finds the program too large."""
    try:
        finds(check, "")
    except re2.error as error:
        return None if b"too large" in error.args[0] else False
    return True


def is_read(check: Matches) -> bool:
    try:
        read(check)
    except PatternError:
        return False
    return True


@MANY
@given(SEEDS)
def test_the_text_of_a_tree_is_read_as_that_tree(draw: random.Random) -> None:
    for _ in range(50):
        made = tree(draw)
        assert read(Matches(re2_text(made))) == made


@MANY
@given(SEEDS, FLAGS)
def test_what_re2_reads_is_read_and_nothing_else(draw: random.Random, flags: tuple[bool, bool, bool]) -> None:
    for _ in range(100):
        check = Matches(words(draw), *flags)
        assert is_re2(check) in (None, is_read(check)), check


@settings(max_examples=500, deadline=None)
@given(SIGNS, FLAGS)
def test_what_re2_reads_is_read_sign_by_sign(pattern: str, flags: tuple[bool, bool, bool]) -> None:
    check = Matches(pattern, *flags)
    assert is_re2(check) in (None, is_read(check))


@MANY
@given(SEEDS, FLAGS)
def test_a_tree_finds_what_its_pattern_finds(draw: random.Random, flags: tuple[bool, bool, bool]) -> None:
    texts = [text(draw) for _ in range(20)]
    checks = [check for check in (Matches(words(draw), *flags) for _ in range(60)) if is_re2(check)]
    for check in checks:
        printed = Matches(re2_text(read(check)))
        for value in texts:
            assert finds(check, value) == finds(printed, value), (check, printed, value)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", Concat()),
        ("a|", Choice((Literal("a"), Concat()))),
        (r"\Q.*\E+", Concat((Literal("."), Repeat(Literal("*"), 1, None)))),
        ("(?i)a(?-i:b)c", Concat((Literal("a", True), Group(Literal("b")), Literal("c", True)))),
        (
            "(a(?i)b|c)d",
            Concat((Group(Choice((Concat((Literal("a"), Literal("b", True))), Literal("c", True))), True), Literal("d"))),
        ),
        ("(?U)a*(?-U)b*?", Concat((Repeat(Literal("a"), 0, None, True), Repeat(Literal("b"), 0, None, True)))),
        ("^$", Concat((Anchor.TEXT_START, Anchor.TEXT_END))),
        ("(?m)^$", Concat((Anchor.LINE_START, Anchor.LINE_END))),
        ("a*(?i)*", Repeat(Group(Repeat(Literal("a"), 0, None)), 0, None)),
        ("a{,2}", Concat(tuple(map(Literal, "a{,2}")))),
        (r"[]\-a-c[:^digit:]]", Chars((Span("]", "]"), Span("-", "-"), Span("a", "c"), Named("digit", True)))),
        (r"\D", Chars((Named("d", True),))),
        (r"\x41\x{42}\103", Concat((Literal("A"), Literal("B"), Literal("C")))),
    ],
)
def test_a_pattern_is_read_as(pattern: str, expected: object) -> None:
    assert read(Matches(pattern)) == expected


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("a)", "a ) that closes no group"),
        ("(a", "a group that isn't closed"),
        ("|*", "* with nothing before it"),
        ("a**", "a repetition right after another"),
        ("a{2,1}", "the repetition {2,1}"),
        (f"a{{{MOST + 1}}}", f"the repetition {{{MOST + 1}}}"),
        ("(a{501}){2}", f"repetitions in one another of more than {MOST}"),
        ("(?P<1-2>a)", "a group with the name '1-2', which is none"),
        ("(?=a)", "the group (?="),
        ("(?i-)a", "the group (?i-)"),
        ("(?i--s)a", "two - among a group's flags"),
        ("[a", "a class that isn't closed"),
        ("[b-a]", "the range b-a"),
        ("[[:foo:]]", "the class [:foo:]"),
        (r"\p{Nobody}", r"the class \p{Nobody}"),
        (r"\x{110000}", r"\x{110000}"),
        (r"\Z", r"\Z"),
        ("a\\", "a backslash at its end"),
    ],
)
def test_what_re2_refuses_is_refused_with_the_reason(pattern: str, what: str) -> None:
    assert is_re2(Matches(pattern)) is False
    with pytest.raises(PatternError) as refused:
        read(Matches(pattern))
    assert refused.value.what == what


def test_groups_nest_as_deep_as_is_said_and_no_deeper() -> None:
    for inner in ("a", "a(?i)b"):
        pattern = f"{'(x|y' * DEEPEST}{inner}{'){2,}?z' * DEEPEST}"
        with pytest.raises(PatternError, match="repetitions in one another"):
            read(Matches(pattern))
        assert read(Matches(pattern.replace("{2,}", "+")))
    with pytest.raises(NestingError):
        read(Matches("(" * (DEEPEST + 1) + ")" * (DEEPEST + 1)))


def test_named_classes_are_those_of_re2() -> None:
    for name, spans in NAMED.items():
        written = f"\\{name}" if len(name) == 1 else f"[[:{name}:]]"
        ours = {char for char in map(chr, range(256)) if any(span.low <= char <= span.high for span in spans)}
        assert ours == {char for char in map(chr, range(256)) if finds(Matches(written), char)}, name


def test_cases_are_those_of_re2() -> None:
    cased = [char for char in map(chr, range(0x20000)) if not "\ud800" <= char <= "\udfff" and len(variants(char)) > 1]
    everything = "".join(cased)
    options = re2.Options()
    options.case_sensitive = False
    for char in [*cased, *LETTERS]:
        found = {match.group() for match in re2.finditer(re2.escape(char), everything + LETTERS, options)}
        assert found == set(variants(char)), char

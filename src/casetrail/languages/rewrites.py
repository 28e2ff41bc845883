"""Rewrites of looks into others that mean the same and cost a language less, made before it prints them."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from typing import assert_never

from casetrail.plan.window import (
    AT,
    All,
    Any,
    Compares,
    Fails,
    Holds,
    KnownFor,
    Look,
    Mark,
    NotBefore,
    Of,
    Range,
    Seen,
    StartsWithin,
    Test,
    Window,
)


def figures(window: Window) -> dict[str, Seen]:
    """What each column is a figure of; a later look's column takes the place of an earlier one's."""
    return {column: seen for node in window.nodes if isinstance(node, Look) for column, seen in node.figures}


def first_seen(window: Window) -> Window:
    """Asks whether there is any step strictly before, where it matters only that the earliest isn't before the step itself."""
    seen = figures(window)

    def is_first(test: NotBefore) -> bool:
        return test.other == AT and seen[test.column].of is Of.FIRST and seen[test.column].range.high == 0

    first = {test.column for test in not_befores(window.keep.test) if is_first(test)}

    def absent(test: NotBefore) -> Test:
        return Fails(Holds(test.column)) if test.column in first else test

    nodes = tuple(_sooner(node, first) if isinstance(node, Look) else node for node in window.nodes)
    return replace(window, nodes=nodes, keep=replace(window.keep, test=with_not_befores(window.keep.test, absent)))


def _sooner(look: Look, columns: set[str]) -> Look:
    def sooner(seen: Seen) -> Seen:
        return replace(seen, of=Of.ANY, range=Range(seen.range.low, -1))

    return Look(tuple((column, sooner(seen) if column in columns else seen) for column, seen in look.figures))


def fewest_looks(window: Window) -> Window:
    """Looks as one where they can be: one that doesn't ask for `start` sees the same before a mark as after it."""
    nodes: list[Look | Mark] = []
    last: tuple[int, Look] | None = None
    for node in window.nodes:
        match node:
            case Look() if last and _joins(node, figures(replace(window, nodes=tuple(nodes)))):
                place, before = last
                last = place, Look((*before.figures, *node.figures))
                nodes[place] = last[1]
            case Look():
                last = len(nodes), node
                nodes.append(node)
            case Mark():
                nodes.append(node)
            case never:
                assert_never(never)
    return replace(window, nodes=tuple(nodes))


def _joins(look: Look, taken: Container[str]) -> bool:
    """Whether a look asks for no `start`, and for no column that there was before: a mark between may be of that."""
    return all(seen.of is not Of.LAST and column not in taken for column, seen in look.figures)


def near_starts(window: Window) -> Window:
    """Looks for the latest `start` no further back than a chain may be long, where all marks are those of a chain.

    What is left out started longer ago still.
    """
    seen = figures(window)
    tests = window.keep.test.args if isinstance(window.keep.test, All) else (window.keep.test,)
    span = min((test.span for test in tests if isinstance(test, StartsWithin)), default=None)
    marked = {node.column for node in window.nodes if isinstance(node, Mark)} - {AT}
    compared = {column for test in not_befores(window.keep.test) for column in (test.column, test.other)}
    if span is None or compared & marked or not all(column in seen and _is_earlier(seen[column]) for column in marked):
        return window

    def near(one: Seen) -> Seen:
        return replace(one, range=Range(-span, one.range.high)) if _is_earlier(one) else one

    def nearer(look: Look) -> Look:
        return Look(tuple((column, near(one)) for column, one in look.figures))

    return replace(window, nodes=tuple(nearer(node) if isinstance(node, Look) else node for node in window.nodes))


def _is_earlier(seen: Seen) -> bool:
    return seen.of is Of.LAST and seen.range == Range(None, -1)


def not_befores(test: Test) -> tuple[NotBefore, ...]:
    """The comparisons of two times in a test, in order."""
    match test:
        case NotBefore():
            return (test,)
        case Fails(arg=arg):
            return not_befores(arg)
        case All(args=args) | Any(args=args):
            return tuple(one for arg in args for one in not_befores(arg))
        case Compares() | StartsWithin() | KnownFor() | Holds():
            return ()
        case never:
            assert_never(never)


def with_not_befores(test: Test, change: Callable[[NotBefore], Test]) -> Test:
    """A test with its comparisons of two times changed."""
    match test:
        case NotBefore():
            return change(test)
        case Fails(arg=arg):
            return Fails(with_not_befores(arg, change))
        case All(args=args):
            return All(tuple(with_not_befores(arg, change) for arg in args))
        case Any(args=args):
            return Any(tuple(with_not_befores(arg, change) for arg in args))
        case Compares() | StartsWithin() | KnownFor() | Holds():
            return test
        case never:
            assert_never(never)

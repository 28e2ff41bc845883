"""Wrong translations: a query with one guard taken out must be told from the right one by the torture set.

Mutants are of the text that a dialect writes, so one list a language is data: a name, what the right text has, and what a plausible
wrong one has instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from casetrail.engines.base import Trial
from casetrail.engines.reference import evaluate
from casetrail.stores.unsupported import UnsupportedError
from tests.laws.torture import trials

Verdicts = Callable[[Sequence[Trial], Callable[[str], str]], "list[frozenset[str] | Exception]"]
"""Runs trials on an engine, each query changed by a function before it runs."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """pattern: a regular expression over a query; instead: what takes its place."""

    name: str
    pattern: str
    instead: str


def failures(verdicts: Verdicts, fitted: Callable[[Trial], Trial] = lambda trial: trial) -> list[str]:
    """The names of the trials of the torture set whose unchanged query neither has the reference's verdict nor is refused."""
    names, found = zip(*((name, fitted(trial)) for name, trial in trials()), strict=True)
    got = verdicts(found, lambda query: query)
    return [
        name
        for name, trial, one in zip(names, found, got, strict=True)
        if not isinstance(one, UnsupportedError) and one != evaluate(trial.plan, trial.events, trial.seen_until).ids
    ]


def survivors(
    wrongs: Sequence[Wrong],
    queries: Callable[[Trial], str],
    verdicts: Verdicts,
    fitted: Callable[[Trial], Trial] = lambda trial: trial,
) -> list[str]:
    """The names of those wrong translations that change no query, or no verdict of the torture set.

    queries: the text of a trial's query, or the reason why there is none; verdicts: runs trials, each query changed before;
    fitted: a trial with its events as the engine's store can hold them.
    """
    texts = [(trial, queries(trial)) for trial in (fitted(trial) for _, trial in trials())]
    found = []
    for wrong in wrongs:

        def change(query: str, wrong: Wrong = wrong) -> str:
            return re.sub(wrong.pattern, wrong.instead, query)

        touched = [trial for trial, text in texts if change(text) != text]
        if not touched:
            found.append(f"{wrong.name}: changes nothing")
        elif not any(_told(some, verdicts(some, change)) for some in _few(touched)):
            found.append(f"{wrong.name}: survives")
    return found


def _few(touched: Sequence[Trial]) -> Iterator[Sequence[Trial]]:
    for start in range(0, len(touched), 20):
        yield touched[start : start + 20]


def _told(some: Sequence[Trial], got: Sequence[frozenset[str] | Exception]) -> bool:
    return any(
        isinstance(one, frozenset) and one != evaluate(trial.plan, trial.events, trial.seen_until).ids
        for trial, one in zip(some, got, strict=True)
    )

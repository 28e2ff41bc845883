"""Wrong translations, as data beside each other in `wrong/`: the torture set must tell each from the right one, on the engine itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from casetrail.engines.base import Trial
from casetrail.engines.reference import evaluate
from casetrail.stores.unsupported import UnsupportedError
from tests.every_engine.subject import Subject, Verdict

FOLDER = Path(__file__).parent / "wrong"
LANGUAGES = {
    "duckdb": "sql",
    "elasticsearch": "esql",
    "opensearch": "querydsl",
    "kusto, columns": "kql",
    "splunk": "spl",
}
"""The language that an engine runs, and so the file of its wrong translations."""
FEW = 20


@dataclass(frozen=True, slots=True)
class Wrong:
    """A mistake in one language.

    written: a regular expression over a right query; instead: what takes its place.
    breaks: the wrong query no longer runs on some trial, and that is how it is told.
    """

    mistake: str
    written: str
    instead: str
    breaks: bool = False

    def change(self, query: str) -> str:
        """The wrong query."""
        return re.sub(self.written, self.instead, query)


def wrongs(language: str) -> list[Wrong]:
    found = yaml.safe_load((FOLDER / f"{language}.yml").read_text("utf-8"))
    return [Wrong(mistake, **one) for mistake, one in found.items()]


EACH = [(engine, wrong) for engine, language in LANGUAGES.items() for wrong in wrongs(language)]


@pytest.mark.parametrize(
    ("subject", "wrong"), EACH, ids=[f"{engine}: {wrong.mistake}" for engine, wrong in EACH], indirect=["subject"]
)
def test_a_wrong_translation_is_caught(subject: Subject, wrong: Wrong) -> None:
    touched = [trial for trial, text in subject.texts if wrong.change(text) != text]
    assert touched, "no query has what is replaced"
    tells = broken if wrong.breaks else told
    assert any(tells(some, subject.changed(some, wrong.change)) for some in few(touched))


def few(touched: Sequence[Trial]) -> Iterator[Sequence[Trial]]:
    """Trials some at a time: most mistakes are told by the first."""
    for start in range(0, len(touched), FEW):
        yield touched[start : start + FEW]


def told(some: Sequence[Trial], got: Sequence[Verdict]) -> bool:
    """Whether a verdict is another than the reference's. A query that no longer runs tells nothing."""
    return any(
        isinstance(one, frozenset) and one != evaluate(trial.plan, trial.events, trial.seen_until).ids
        for trial, one in zip(some, got, strict=True)
    )


def broken(some: Sequence[Trial], got: Sequence[Verdict]) -> bool:
    """Whether a query no longer runs."""
    return any(isinstance(one, Exception) and not isinstance(one, UnsupportedError) for one in got)


def test_every_mistake_is_one_and_is_made_in_some_language() -> None:
    mistakes = yaml.safe_load((FOLDER / "mistakes.yml").read_text("utf-8"))
    assert set(mistakes) == {wrong.mistake for _, wrong in EACH}
    assert all(str(why).endswith(".") for why in mistakes.values())


def test_every_language_has_wrong_translations() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} - {"mistakes"} == set(LANGUAGES.values())
    assert all(len(wrongs(language)) > 20 for language in LANGUAGES.values())

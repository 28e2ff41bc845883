"""What a sample holds that a log source definition doesn't know, and what it says otherwise than the sample has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from casetrail.logs.contract import Contract
from casetrail.logs.event import event_of
from casetrail.logs.rows import detects, rows
from casetrail.logs.sample import Seen, sample_of
from casetrail.plan.nodes import Field
from casetrail.plan.values import bag, parse


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong of one field, in words, and in how many events."""

    field: str
    message: str
    events: int


@dataclass
class Compared:
    """A sample against a definition.

    events: that were read; undetected: those that `detect` doesn't know; unnamed: those without a readable time or identity.
    differences: by field; unseen: the fields of the definition that no event has.
    """

    events: int = 0
    undetected: int = 0
    unnamed: int = 0
    differences: tuple[Difference, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the definition knows all of the sample."""
        return bool(self.events) and not (self.undetected or self.unnamed or self.differences)


@dataclass
class _Tally:
    found: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, path: str, message: str) -> None:
        self.found.setdefault(path, Counter())[message] += 1


def compare(documents: Iterable[object], contract: Contract) -> Compared:
    """What of the events in documents a definition doesn't know."""
    result, tally, there = Compared(), _Tally(), set[str]()
    unknown: dict[str, tuple[Seen, int]] = {}
    for document in documents:
        for _, row in rows(document, {contract.key: contract}, contract.key):
            result.events += 1
            result.undetected += not detects(row, contract)
            result.unnamed += event_of(row, contract) is None
            for each in contract.fields.values():
                _judge(row, each, tally, there)
            for path, seen in _strangers(row, contract):
                known, count = unknown.get(path, (seen, 0))
                unknown[path] = known, count + 1
    told = [
        Difference(path, f"not in the definition; its values read as {seen.type}", n)
        for path, (seen, n) in sorted(unknown.items())
    ]
    told += [Difference(path, message, n) for path, found in sorted(tally.found.items()) for message, n in found.items()]
    derived = {contract.lateness.path if contract.lateness else ""}
    result.unseen = tuple(path for path in contract.fields if path not in there and path not in derived)
    result.differences = tuple(told)
    return result


def _judge(row: Mapping[str, Any], each: Field, tally: _Tally, there: set[str]) -> None:
    texts = bag(row, each)
    if not texts:
        return
    there.add(each.path)
    if len(texts) > 1 and not each.many:
        tally.note(each.path, "has several values in an event: mark the list by [] in its path")
    if any(parse(text, each, cased=True) is None for text in texts):
        form = f" ({each.time_format})" if each.time_format else ""
        tally.note(each.path, f"a value that is no {each.type}{form}, so no test of it is true")


def _strangers(row: Mapping[str, Any], contract: Contract) -> Iterable[tuple[str, Seen]]:
    for path, seen in sample_of([{"event": row}]).fields.items():
        bare = path.replace("[]", "").removeprefix("event.")
        if seen.values and bare not in contract.fields:
            yield bare, seen

"""What an import format is to those who use it, and a rule with all that one needs to ship it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from casetrail.logs.contract import Contract
from casetrail.pack.lock import version_of
from casetrail.pack.lockfile import Tombstone
from casetrail.pack.rules import Rule
from casetrail.plan.nodes import Plan
from casetrail.schedule.schedule import Schedule
from casetrail.stores.store import Backend


@dataclass(frozen=True, slots=True)
class Packaged:
    """A rule with all that a format needs to ship it.

    contracts: of the pack's logs; watchlists: the pack's, as written. changes: how often its query for this target changed under one
    version of it, by the pack's lock.
    """

    rule: Rule
    plan: Plan
    query: str
    schedule: Schedule
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    watchlists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    changes: int = 0

    @property
    def version(self) -> int:
        """The rule's, which rises with its meaning."""
        return version_of(self.rule)

    @property
    def release(self) -> int:
        """What rises with the rule's version and with each change of its query besides."""
        return self.version + self.changes


class Recognition(Enum):
    """How a SIEM knows that it has alerted on a match already."""

    BY_ID = "by the id of its event, always"
    FOR_A_WHILE = "by the id of its event, as long as the schedule is quiet"
    BY_THE_STANDING_ALERT = "while an alert of the rule is active, all fresh matches belong to it"


Withdrawn = Mapping[str, Tombstone]
"""Rules that a SIEM may still have of an earlier pack and that are no more, by name."""
NOTHING: Withdrawn = {}


def _take(item: Packaged, backend: Backend) -> None:
    """Any rule."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a SIEM imports.

    name: as a backend calls it.
    files: the files by their path below the target's folder, the same bytes for the same rules; withdrawn rules are switched off where an
        import leaves them in place.
    terms: a plan's schedule in the SIEM's own terms, as the files have it, by the keys that they call it.
    recognises: how the SIEM knows a plan's alert again.
    require_held: raises UnsupportedError for a rule that the format's own limits don't hold.
    """

    name: str
    files: Callable[[Sequence[Packaged], Backend, Withdrawn], dict[str, bytes]]
    terms: Callable[[Plan, Schedule], Mapping[str, Any]]
    recognises: Callable[[Plan], Recognition]
    require_held: Callable[[Packaged, Backend], None] = _take


def identity(rule_id: object, backend: Backend) -> str:
    """The id that a rule has on a target, in every build the same: a UUID made of the rule's own."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"casetrail:{rule_id}:{backend.name}"))


def described(rule: Rule, backend: Backend) -> str:
    """A rule's description on one line, with its author and licence where they aren't the pack's."""
    text = " ".join(str(rule.sigma.description or rule.sigma.title).split())
    return " ".join(filter(None, [text, backend.pack.credit(rule.sigma.author, rule.sigma.license)]))


def next_steps(rule: Rule) -> list[str]:
    """What an analyst does next, each step on one line."""
    return [" ".join(str(step).split()) for step in rule.own.get("next_steps", [])]


def withdrawal(name: str, stone: Tombstone) -> str:
    """Why a rule is no more, as whoever finds it on a SIEM reads it."""
    return f"{name} was withdrawn on {stone.date}: {stone.reason}"

"""The import formats by the name that a backend calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol, cast

from casetrail.logs.contract import Contract
from casetrail.pack.files import PackError
from casetrail.pack.lock import version_of
from casetrail.pack.pack import Rule
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


class Format(Protocol):
    """A module that writes what a SIEM imports."""

    def files(self, items: Sequence[Packaged], backend: Backend) -> dict[str, bytes]:
        """The files by their path below the target's folder, the same bytes for the same rules."""
        ...

    def terms(self, plan: Plan, when: Schedule) -> Mapping[str, Any]:
        """A plan's schedule in the SIEM's own terms, as the files have it, by the keys that they call it."""
        ...


FORMATS = {
    "kibana": "casetrail.packages.elastic.rules",
    "opensearch": "casetrail.packages.opensearch.monitors",
    "queries": "casetrail.packages.queries",
    "sentinel": "casetrail.packages.sentinel.rules",
    "splunk": "casetrail.packages.splunk.app",
}


def format_of(backend: Backend) -> Format:
    """Raises PackError for a format that there is no module of."""
    if backend.package not in FORMATS:
        raise PackError(f"{backend.name}: no package format is named {backend.package}; there are {', '.join(FORMATS)}")
    return cast(Format, import_module(FORMATS[backend.package]))


def require_held(made: Format, item: Packaged) -> None:
    """Raises UnsupportedError for a rule that a format's own limits don't hold: what its `refuse` says, where it has one."""
    refuse = getattr(made, "refuse", None)
    if refuse is not None:
        refuse(item)

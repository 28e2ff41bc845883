"""Evasions: days of honest history, then an intruder who has read the rules (`fixtures/redteam/`), and what alerts on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casetrail.engines.reference import evaluate
from casetrail.logs.contract import parse_span
from casetrail.logs.event import Event
from casetrail.pack.cases import case_of
from casetrail.pack.files import Files, PackError, shaped, yaml_files
from casetrail.pack.pack import Pack
from casetrail.sigma.levels import LEVELS

_LISTS = "watchlists.yml"
LEAST = "medium"
"""The lowest level that counts as an alert."""


@dataclass(frozen=True, slots=True)
class Evasion:
    """An attack and what must alert on it.

    rule, level, within (microseconds from the attack's first event): what must alert, at which level and when; without them the attack is a
    known miss, and `miss` says why. attack: the ids of the intruder's events among `events`.
    """

    name: str
    family: str
    title: str
    path: Path
    events: tuple[Event, ...]
    attack: frozenset[str]
    rule: str | None
    level: str | None
    within: int | None
    miss: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an evasion.

    rule, level, after (microseconds): the alert that must come, or the first that came of a known miss, after the attack's first event;
    None where none came. before: the intruder's events until it, or all. others: the other rules that alert.
    """

    evasion: Evasion
    rule: str | None
    level: str | None
    after: int | None
    before: int
    others: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Whether what must alert does so in time, or a known miss is still one."""
        wanted = self.evasion
        if wanted.within is None:
            return self.rule is None
        return self.after is not None and self.after <= wanted.within and self.level == wanted.level


def evasions(pack: Pack) -> list[Evasion]:
    """The evasions of a pack, by family and name. Raises PackError, naming the file, where one has no meaning."""
    files = Files()
    folder = pack.folder / "fixtures" / "redteam"
    found = [_read(path, pack, files) for path in yaml_files(folder) if path.name != _LISTS]
    return sorted(found, key=lambda one: (one.family, one.name))


@shaped
def _read(path: Path, pack: Pack, files: Files) -> Evasion:
    (document,) = files.documents(path) or [{}]
    try:
        history, attack = document["history"], document["attack"]
        item = {"name": document["title"], "completes": [], "events": [*history, *attack]}
        log = case_of(path.stem, item, path, {}, pack, files).events
        ours = {event.id for event in case_of(path.stem, {**item, "events": history}, path, {}, pack, files).events}
        alert: Mapping[str, Any] = document.get("alert", {})
        if bool(alert) == ("miss" in document):
            raise ValueError("name either the alert that must come, or why it is a known miss")
        return Evasion(
            name=path.stem,
            family=document["family"],
            title=document["title"],
            path=path,
            events=log,
            attack=frozenset(event.id for event in log) - ours,
            rule=alert["rule"] if alert else None,
            level=alert["level"] if alert else None,
            within=parse_span(alert["within"]) if alert else None,
            miss=document.get("miss"),
        )
    except KeyError as error:
        raise PackError(f"{path}: {error.args[0]!r} is missing") from error
    except ValueError as error:
        raise PackError(f"{path}: {error}") from error


def watchlists(pack: Pack) -> dict[str, tuple[str, ...]]:
    """The watchlists that all evasions are tried with, filled in as by a careful customer. Raises PackError."""
    (document,) = Files().documents(pack.folder / "fixtures" / "redteam" / _LISTS) or [{}]
    return {name: tuple(map(str, values)) for name, values in document["watchlists"].items()}


def attempts(pack: Pack, tried: Sequence[Evasion]) -> list[Attempt]:
    """What the pack's rules of medium level and above say of each evasion. The rules of log health take no part. Raises PackError."""
    filled = pack.with_watchlists(watchlists(pack))
    least = LEVELS.index(LEAST)
    plans = {
        name: plan
        for name, plan in filled.rules.plans().items()
        if LEVELS.index(filled.rules[name].level) >= least and not filled.rules[name].of_log_health
    }
    found = []
    for evasion in tried:
        time = {event.id: event.time for event in evasion.events}
        begun = min(time[one] for one in evasion.attack)
        end = max(time.values())
        first = {
            name: min(time[one] for one in hit)
            for name, plan in plans.items()
            if (hit := evaluate(plan, evasion.events, seen_until=end).ids & evasion.attack)
        }
        rule = evasion.rule if evasion.rule in first else None
        if evasion.rule is None and first:
            rule = min(first, key=lambda name: (first[name], name))
        until = first[rule] if rule else end + 1
        found.append(
            Attempt(
                evasion=evasion,
                rule=rule,
                level=filled.rules[rule].level if rule else None,
                after=first[rule] - begun if rule else None,
                before=sum(time[one] < until for one in evasion.attack),
                others=tuple(sorted(set(first) - {rule})),
            )
        )
    return found

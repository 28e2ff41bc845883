"""The alerts that the rules raise on a company's ordinary work, against the limits."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from casetrail.hunt.hits import Hit
from casetrail.hunt.hunt import hunt
from casetrail.pack.pack import Pack
from casetrail.sigma.levels import LEVELS
from company.times import date_of, number_of
from studies.quiet.causes import causes

A_DAY = 20
_MICROS = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What is measured. first: the first day that counts; lead: days of log before it; share: the part of the company."""

    seed: int
    first: date
    days: int
    lead: int
    share: float

    def record(self) -> dict[str, Any]:
        """As JSON may hold it."""
        return {
            "seed": self.seed,
            "first": self.first.isoformat(),
            "days": self.days,
            "lead": self.lead,
            "share": self.share,
        }

    @property
    def weeks(self) -> float:
        return self.days / 7


@dataclass(frozen=True, slots=True)
class Noise:
    """A rule's alerts. young: those of the days before; causes: what completed them, the commonest first, with how many of a sample."""

    rule: str
    level: str
    alerts: int
    a_week: float
    young: int
    busiest: int
    causes: tuple[tuple[str, int], ...]

    @property
    def broken(self) -> bool:
        """Whether it is over the limit of its level."""
        return (self.level == "critical" and self.alerts > 0) or (self.level == "high" and self.a_week > 1)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found. quiet: rules that raised nothing; asleep: rules without a watchlist to go by; by_day: alerts of each day."""

    noise: tuple[Noise, ...]
    quiet: tuple[str, ...]
    inactive: tuple[str, ...]
    by_day: tuple[int, ...]
    levels: Mapping[str, int]

    @property
    def a_day(self) -> float:
        return sum(self.by_day) / len(self.by_day)

    @property
    def broken(self) -> list[str]:
        """The limits that aren't met."""
        over = [f"{each.rule} ({each.level}): {each.a_week:.1f} a week" for each in self.noise if each.broken]
        if self.a_day > A_DAY:
            over.append(f"all rules: {self.a_day:.1f} a day")
        return over

    def record(self, rows: Mapping[str, int]) -> dict[str, Any]:
        """As JSON may hold it."""
        return {
            "rows": dict(sorted(rows.items())),
            "a_day": self.a_day,
            "by_day": self.by_day,
            "broken": self.broken,
            "levels": dict(self.levels),
            "inactive": self.inactive,
            "quiet": self.quiet,
            "rules": [
                {
                    "rule": each.rule,
                    "level": each.level,
                    "alerts": each.alerts,
                    "a_week": each.a_week,
                    "before": each.young,
                    "busiest_day": each.busiest,
                    "causes": [{"what": what, "of_sample": number} for what, number in each.causes],
                }
                for each in self.noise
            ],
        }


def measure(pack: Pack, logs: Path, settings: Settings, names: Sequence[str] = ()) -> Measured:
    """The alerts of the pack's rules, or of those named, on the logs of a folder."""
    plans = pack.rules.plans(names)
    inactive = tuple(name for name in plans if pack.rules[name].inactive)
    awake = {name: plan for name, plan in plans.items() if name not in inactive}
    report = hunt(awake, pack.contracts, [logs])
    first = number_of(settings.first)
    raised: dict[str, list[Hit]] = {name: [] for name in awake}
    young: Counter[str] = Counter()
    by_day: Counter[int] = Counter()
    per_rule_day: Counter[tuple[str, int]] = Counter()
    found, _ = report.hits.alerts(sys.maxsize)
    for hit in (alert.first for alert in found):
        day = hit.time // _MICROS
        if day < first:
            young[hit.rule] += 1
        elif day < first + settings.days:
            raised[hit.rule].append(hit)
            by_day[day] += 1
            per_rule_day[hit.rule, day] += 1
    told = causes({name: hits for name, hits in raised.items() if hits}, logs, settings.seed, settings.share)
    noise = [
        Noise(
            name,
            pack.rules[name].level,
            len(hits),
            len(hits) / settings.weeks,
            young[name],
            max(count for (rule, _), count in per_rule_day.items() if rule == name),
            told.get(name, ()),
        )
        for name, hits in raised.items()
        if hits
    ]
    noise.sort(key=lambda each: (-LEVELS.index(each.level), -each.alerts, each.rule))
    levels = Counter(pack.rules[name].level for name in awake)
    return Measured(
        noise=tuple(noise),
        quiet=tuple(name for name, hits in raised.items() if not hits),
        inactive=inactive,
        by_day=tuple(by_day[day] for day in range(first, first + settings.days)),
        levels={level: levels[level] for level in reversed(LEVELS) if levels[level]},
    )


def day_of(hit: Hit) -> date:
    """The day of a completion."""
    return date_of(hit.time // _MICROS)

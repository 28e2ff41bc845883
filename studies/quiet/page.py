"""What was measured, as a table and as a page."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from company.assumptions import assumptions
from studies.quiet.measure import A_DAY, Measured, Settings


def shown(found: Measured, rows: Mapping[str, int], settings: Settings) -> str:
    """A table for the terminal."""
    wide = max((len(each.rule) for each in found.noise), default=4)
    lines = [f"{sum(rows.values()):,} rows; {settings.days} days from {settings.first} after {settings.lead} days of log"]
    lines.append(f"{'rule':{wide}}  {'level':8}  a week  before  what causes them")
    for each in found.noise:
        why = "; ".join(f"{what} ({number})" for what, number in each.causes)
        lines.append(
            f"{each.rule:{wide}}  {each.level:8}  {each.a_week:6.1f}  {each.young:6}  {'OVER  ' * each.broken}{why}"
        )
    lines.append(f"quiet: {len(found.quiet)} rules; inactive: {', '.join(found.inactive) or 'none'}")
    lines.append(f"{found.a_day:.1f} alerts a day, {max(found.by_day)} on the busiest")
    lines += [f"limit not met: {each}" for each in found.broken] or ["all limits met"]
    return "\n".join(lines)


def markdown(found: Measured, rows: Mapping[str, int], settings: Settings) -> str:
    """The page docs/noise.md."""
    return "\n".join(_lines(found, rows, settings)) + "\n"


def _lines(found: Measured, rows: Mapping[str, int], settings: Settings) -> Iterator[str]:
    yield from (
        "# Noise, measured",
        "",
        "Written by `python studies/noise.py --markdown docs/noise.md`.",
        "",
        f"An invented company of 2,000 people, 300 of them support agents, with 40 service accounts, works for {settings.days} days from",
        f"{settings.first}, after {settings.lead} days of log that the rules already know. Nobody attacks it, beyond the internet's usual",
        "background. Its watchlists are filled in as by a careful customer. The generator (`company`) was written from the",
        "vendors' documents before any rule and independently of them, and rules were changed because of what it showed. In the generator",
        "only mistakes were fixed: administrators acted in a console that they hadn't opened, all reused passwords were typed at one",
        "shop, and a phone's relay lacked the name that Okta's vendor gives it.",
        "Alerts are counted as [semantics.md](semantics.md) says: an alert is a run of matches of one rule and key with gaps no",
        "longer than the rule's timespan; it belongs to the day of its first match. A SIEM is told each match, known by its triggering",
        "event, so a run of many matches is many alerts there.",
        "",
        "## Limits",
        "",
        "| limit | measured | met |",
        "|---|---|---|",
    )
    yield from _limits(found)
    yield from (
        "",
        f"{sum(found.levels.values())} rules were active. {len(found.quiet)} of them didn't alert.",
        f"Alerts of each day: {', '.join(map(str, found.by_day))}.",
    )
    if found.inactive:
        yield f"Inactive, since a watchlist is empty: {', '.join(f'`{name}`' for name in found.inactive)}."
    yield from ("", "## Alerts a week", "", *_table(found), "", "Rules that didn't alert:", "")
    yield ", ".join(f"`{name}`" for name in found.quiet) + "."
    yield from ("", "## Events", "", "| log | events |", "|---|---:|")
    yield from (f"| {source} | {count:,} |" for source, count in sorted(rows.items()))
    yield f"| all | {sum(rows.values()):,} |"
    yield from (
        "",
        f"Seed {settings.seed}; casetrail {version('casetrail')}, DuckDB {version('duckdb')}, Python {platform.python_version()}.",
    )
    yield from ("", "## Assumptions", "")
    yield "`given`: set by the task. `fact`: from a vendor's document or a published event. `guess`: no published figure supports it."
    yield from ("", "| name | value | evidence | what | basis |", "|---|---:|---|---|---|")
    for each in assumptions().values():
        yield f"| {each.name} | {each.value} | {each.standing} | {each.text} | {each.basis} |"


def _limits(found: Measured) -> Iterator[str]:
    critical = sum(each.alerts for each in found.noise if each.level == "critical")
    high = [each for each in found.noise if each.level == "high"]
    worst = max(high, key=lambda each: each.a_week, default=None)
    yield f"| a `critical` rule never | {critical} alerts | {_met(critical == 0)} |"
    text = f"at most {worst.a_week:.1f} (`{worst.rule}`)" if worst else "none"
    yield f"| a `high` rule at most once a week | {text} | {_met(not any(each.broken for each in high))} |"
    day = f"{found.a_day:.1f}, {max(found.by_day)} on the busiest day"
    yield f"| the whole pack at most {A_DAY} a day | {day} | {_met(found.a_day <= A_DAY)} |"


def _met(met: bool) -> str:
    return "yes" if met else "**no**"


def _table(found: Measured) -> Iterator[str]:
    yield (
        "*Before* counts the alerts of the days before, when the log was young and everything in it was new. "
        "*What causes them* is known of"
    )
    yield "the events that triggered the first sixty, with how many of these."
    yield from ("", "| rule | level | a week | busiest day | before | what causes them |", "|---|---|---:|---:|---:|---|")
    for each in found.noise:
        why = "; ".join(f"{what} ({number})" for what, number in each.causes)
        yield f"| `{each.rule}` | {each.level} | {each.a_week:.1f} | {each.busiest} | {each.young} | {why} |"

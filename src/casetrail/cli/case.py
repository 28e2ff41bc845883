"""`casetrail case`: a case of a rule from real events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casetrail.cli.show.terminal import count, say
from casetrail.reading.spelled import printable

if TYPE_CHECKING:
    from casetrail.logs.event import Event
    from casetrail.pack.pack import Pack
    from casetrail.plan.nodes import Plan

_MOST = 500
"""The most events of a case: one that is read by people has a handful."""


@click.command(epilog="Example: casetrail case okta_mfa_reset_all events.ndjson --match 2,5 --redact")
@click.argument("rule")
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--match",
    "matches",
    metavar="NUMBERS",
    help="The numbers of the events that must match, such as 2,5; 0 for none. As the rule has it now if not given.",
)
@click.option("--name", help="What the case shows, in words.")
@click.option("--source", help="The log source of the events, as product/service, where they aren't recognised.")
@click.option(
    "--redact", is_flag=True, help="Put pseudonyms in place of people, addresses, hosts, ids and tokens; says what it left."
)
@click.option("--stdout", is_flag=True, help="Print the case and write no file.")
@click.pass_context
def command(
    ctx: click.Context,
    rule: str,
    logs: tuple[Path, ...],
    matches: str | None,
    name: str | None,
    source: str | None,
    redact: bool,
    stdout: bool,
) -> None:
    """Write the events of LOGS as a case of RULE into fixtures/, at the end of its case file.

    Events are numbered from 1 in the order of the files. Exits 1 when the rule doesn't match where the case says, which is what a case is
    for: mend the rule, and `casetrail test RULE` tells.
    """
    from casetrail.engines.reference import evaluate
    from casetrail.pack.case_text import add_case, case_item, case_of
    from casetrail.pack.files import PackError

    pack = ctx.obj.load()
    found = pack.rules.named(rule)
    if found.plan is None:
        raise PackError(f"{found.path}: {rule} can't be compiled: {found.problems[0].message}")
    events = _events(pack, found.name, logs, source)
    now = evaluate(found.plan, events).ids
    wanted = _numbered(matches, events) if matches is not None else sorted(now)
    if redact:
        events = _redacted(events, found.plan, now)
    case = case_of(name or f"from {', '.join(path.name for path in logs)}", wanted, events, pack.contracts)
    if stdout:
        click.echo(case_item(case), nl=False)
    else:
        click.echo(f"wrote {add_case(pack, found, case)}")
    if set(wanted) != now:
        say(
            printable(
                f"{found.name} matches {_words(now)} of {count(len(events), 'event')}, and the case wants {_words(wanted)}"
            )
        )
        ctx.exit(1)


def _events(pack: Pack, rule: str, logs: Sequence[Path], source: str | None) -> list[Event]:
    from dataclasses import replace as changed

    from casetrail.logs.faults import Faults
    from casetrail.logs.read import documents
    from casetrail.pack.cases import events_of

    found: list[Event] = []
    for path in logs:
        for _, document in documents(path, Faults()):
            found += events_of(rule, document, pack, source)
    if not found:
        raise click.UsageError(f"{', '.join(map(str, logs))}: no event of a known log; name it by --source product/service")
    if len(found) > _MOST:
        raise click.UsageError(f"{count(len(found), 'event')}: a case holds {_MOST} at most; give those that it is about")
    return [changed(event, id=f"e{number}") for number, event in enumerate(found, 1)]


def _numbered(matches: str, events: Sequence[Event]) -> list[str]:
    try:
        numbers = [int(part) for part in matches.split(",")]
    except ValueError:
        raise click.UsageError(f"--match {printable(matches)}: write numbers of events, such as 2,5") from None
    if any(not 0 <= number <= len(events) for number in numbers):
        raise click.UsageError(f"--match {printable(matches)}: there are {count(len(events), 'event')}")
    return [f"e{number}" for number in numbers if number]


def _redacted(events: Sequence[Event], plan: Plan, now: frozenset[str]) -> list[Event]:
    """The events with pseudonyms. Where the rule would match others then, the fields that it compares with values are kept."""
    from dataclasses import replace as changed

    from casetrail.engines.reference import evaluate
    from casetrail.logs.redact import Redaction
    from casetrail.plan.nodes import fields

    for keep in ((), tuple(field.path for field in fields(plan))):
        redaction = Redaction(keep)
        found = [changed(event, row=redaction.event(event.row)) for event in events]
        if evaluate(plan, found).ids == now:
            break
    if keep:
        say(printable(f"kept, since the rule tests them: {', '.join(keep)}"))
    say(printable(f"not recognised, so as they were: {', '.join(redaction.left) or 'nothing'}"))
    return found


def _words(ids: Any) -> str:
    return ", ".join(sorted(ids)) or "none"

"""`casetrail explain`: a rule in words, its query, and why an event does or doesn't match."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.cli.show.spool import spooled
from casetrail.reading.spelled import json_text, printable

if TYPE_CHECKING:
    from casetrail.pack.pack import Pack
    from casetrail.pack.rules import Rule
    from casetrail.plan.nodes import Field, Plan


@click.command(epilog="Example: casetrail explain okta_session_cookie_replay --target elastic")
@click.argument("rule")
@click.option("--target", help="Also print the query of this target, such as elastic, and what each piece of it comes from.")
@click.option(
    "--event",
    "event_file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="A file of events (JSON, NDJSON, CSV, …) or - for standard input: show which tests hold on each, and how windows stand.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(ctx: click.Context, rule: str, target: str | None, event_file: Path | None, as_json: bool) -> None:
    """Say what RULE means: in words, the fields with their types, the windows and, with a target, its query."""
    from casetrail.pack.files import PackError
    from casetrail.plan.nodes import fields
    from casetrail.plan.words import field_words, plan_lines, type_words

    pack = ctx.obj.load()
    found = pack.rules.named(rule)
    if found.plan is None:
        raise PackError(f"{found.path}: {rule} can't be compiled: {found.problems[0].message}")
    query = _query(pack, found, target) if target else None
    traces = _traces(pack, found.plan, event_file) if event_file else None
    if as_json:
        click.echo(json_text(_record(pack, found, found.plan, query, traces)))
        return
    told = [f"{found.sigma.title}  ({found.level}, {found.path})", "", *plan_lines(found.plan), "", "fields"]
    told += [f"  {field_words(field)}: {type_words(field)}{_note(pack, found.plan, field)}" for field in fields(found.plan)]
    for problem in found.problems:
        told += ["", f"note: {problem.message}"]
    told += _overlaid(pack, found)
    if query is not None:
        told += [
            "",
            f"query for {target}",
            "",
            *query.split("\n"),
            "",
            "where its pieces come from",
            *_pieces(pack, found.plan, target),
        ]
    for lines in traces or []:
        told += ["", *lines]
    for line in told:
        click.echo(printable(line))


def _overlaid(pack: Pack, rule: Rule) -> list[str]:
    from casetrail.build.overlaid import changes

    mine = [change for change in changes(pack) if change.rule == rule.name]
    lines = [f"  {one.what}: {one.was or 'none'}, now {one.now}{'; may be narrower' * one.weakens}" for one in mine]
    return ["", "your overlay", *lines] if lines else []


def _pieces(pack: Pack, plan: Plan, target: str | None) -> Iterator[str]:
    """For each part of each base rule the text that it became."""
    from casetrail.build.targets import backend_of, meant_for
    from casetrail.languages.languages import language_of
    from casetrail.plan.nodes import Correlation
    from casetrail.plan.words import condition_words

    backend = backend_of(pack, target or "")
    plan = meant_for(pack, backend).rules[plan.name].plan or plan
    last = ""
    for name, words, text in language_of(backend).pieces_of(plan, backend):
        if name != last:
            yield f"  {name}"
        yield f"    {words}"
        yield f"      {text}"
        last = name
    if isinstance(plan, Correlation):
        yield f"  {plan.name}: the rest of the query: {condition_words(plan)}"


def _note(pack: Pack, plan: Plan, field: Field) -> str:
    from casetrail.plan.nodes import sources

    notes = [pack.contracts[source].notes.get(field.path) for source in sources(plan)]
    note = next((text for text in notes if text), None)
    return f". {note}" if note else ""


def _query(pack: Pack, rule: Rule, target: str) -> str:
    from casetrail.build.targets import query_for

    return query_for(pack, rule, target)


def _traces(pack: Pack, plan: Plan, path: Path) -> list[list[str]]:
    from casetrail.logs.event import Event, event_of
    from casetrail.logs.faults import Faults
    from casetrail.logs.read import documents
    from casetrail.logs.rows import rows
    from casetrail.pack.files import PackError
    from casetrail.plan.nodes import Correlation, sources
    from casetrail.proof.trace import trace
    from casetrail.proof.windows import lines

    if str(path) != "-" and not path.is_file():
        raise PackError(f"{path}: no such file")
    faults = Faults()
    events: list[Event] = []
    with spooled([path]) as (place,):
        for _, document in documents(place, faults):
            for contract, row in rows(document, pack.contracts):
                event = event_of(row, contract)
                if event is not None and (not contract.open or event.source in sources(plan)):
                    events.append(event)
    wrong = [f"{kind}: {', '.join(faults.places[kind])}" for kind in faults.counts] + faults.fatal
    if not events:
        why = f" ({wrong[0]})" if wrong else ""
        raise PackError(f"{path}: no event of a known log in it{why}; `casetrail list sources` shows those known")
    told = [[f"event {event.id} of {event.source}", *trace(plan, event)] for event in events]
    return [*told, list(lines(plan, events))] if isinstance(plan, Correlation) else told


def _record(pack: Pack, rule: Rule, plan: Plan, query: str | None, traces: list[list[str]] | None) -> dict[str, object]:
    from casetrail.plan.nodes import fields
    from casetrail.plan.words import field_words, plan_lines, span_words

    span = getattr(plan, "span", None)
    return {
        "rule": rule.name,
        "title": rule.sigma.title,
        "level": rule.level,
        "meaning": list(plan_lines(plan)),
        "window": span_words(span) if span else None,
        "fields": [{"path": field_words(field), "type": field.type, "exact": field.exact} for field in fields(plan)],
        "problems": [problem.message for problem in rule.problems],
        "query": query,
        "events": traces,
    }

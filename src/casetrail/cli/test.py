"""`casetrail test`: cases on engines, and mutants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.cli.show.terminal import count, say
from casetrail.cli.show.working import Working
from casetrail.reading.files import replace
from casetrail.reading.spelled import json_text, printable

if TYPE_CHECKING:
    from casetrail.engines.base import Engine
    from casetrail.pack.cases import CaseFile
    from casetrail.pack.pack import Pack
    from casetrail.proof.run import CaseOutcome, MutantReport, Survivor


_ENGINES = ("reference", "duckdb")


@contextmanager
def _engines(pack: Pack, names: Sequence[str], *, cached: bool) -> Iterator[list[Engine]]:
    from casetrail.engines.duckdb import Duckdb
    from casetrail.engines.reference import Reference
    from casetrail.engines.remembering import remembering

    with ExitStack() as stack:
        yield [
            Reference() if name == "reference" else stack.enter_context(remembering(pack.folder)) if cached else Duckdb()
            for name in names
        ]


@click.command(epilog="Example: casetrail test okta_session_cookie_replay --engine duckdb")
@click.argument("rules", nargs=-1)
@click.option(
    "--engine", "names", multiple=True, type=click.Choice(_ENGINES), help="An engine; all embedded ones if not given."
)
@click.option("--mutants", is_flag=True, help="Change each part of each rule and see that a case notices.")
@click.option(
    "--write", is_flag=True, help="With --mutants: add the case that kills each survivor, for you to read and name."
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write the results as JUnit XML to this file."
)
@click.option("--require-cases", metavar="N", type=click.IntRange(0), default=0, help="Fail, exit 2, with fewer cases.")
@click.option("--no-cache", is_flag=True, help="Ask DuckDB also what it was asked before, and keep no answer.")
@click.option("--watch", is_flag=True, help="Test again after each change of a file, until Ctrl-C.")
@click.pass_context
def command(
    ctx: click.Context,
    rules: tuple[str, ...],
    names: tuple[str, ...],
    mutants: bool,
    write: bool,
    as_json: bool,
    junit: Path | None,
    require_cases: int,
    no_cache: bool,
    watch: bool,
) -> None:
    """Run the cases of RULES, or of all rules, on engines.

    Exits 0 when every case matches on the expected events, 1 when one doesn't or a mutant survives, 2 on an error.
    """
    from casetrail.cli.show.left_out import compiled
    from casetrail.cli.show.watch import again
    from casetrail.pack.cases import case_files
    from casetrail.proof.run import run, with_other_numbers

    if watch:
        again(ctx)
    pack = ctx.obj.judging().load()
    wanted = [pack.rules.named(name).name for name in rules]
    files = compiled(pack, case_files(pack, wanted))
    uncovered = sorted(set(wanted) - {file.rule for file in files})
    if uncovered:
        raise click.UsageError(f"{', '.join(uncovered)}: no case file in {pack.folder / 'fixtures'}")
    cases = sum(len(file.cases) for file in files)
    if cases < require_cases:
        raise click.UsageError(f"{printable(str(pack.folder))}: {count(cases, 'case')} there, and {require_cases} required")
    if not files:
        say(
            f"{printable(str(pack.folder))}: no cases are there to run: write fixtures/NAME.yml, or let --require-cases 1 fail"
        )
    asked = ["reference"] if mutants else names or _ENGINES
    with Working("testing") as working, _engines(pack, asked, cached=not no_cache) as engines:
        outcomes = list(run(pack, files, engines, working.on))
    passed = all(outcome.passed for outcome in outcomes)
    if mutants and passed:
        ctx.exit(_mutants(pack, files, as_json, write))
    if junit:
        _write_junit(pack, outcomes, junit)
    if as_json:
        click.echo(json_text([_record(outcome) for outcome in outcomes]))
    else:
        _print(pack, outcomes)
    others = with_other_numbers(pack, files)
    if others:
        say(f"with the numbers of the pack, not yours: {', '.join(others)}")
    if mutants:
        say("no mutant was tried: a case that is wrong tells none from its rule")
    ctx.exit(0 if passed else 1)


def _record(outcome: CaseOutcome) -> dict[str, object]:
    case = outcome.case
    return {
        "rule": case.rule,
        "case": case.name,
        "file": str(case.path),
        "line": case.line,
        "engine": outcome.engine,
        "passed": outcome.passed,
        "expected": sorted(case.completes),
        "got": None if outcome.got is None else sorted(outcome.got),
        "refused": outcome.refused or None,
    }


def _print(pack: Pack, outcomes: Sequence[CaseOutcome]) -> None:
    from casetrail.proof.run import planner
    from casetrail.proof.trace import differences

    plan = planner(pack)
    for outcome in outcomes:
        if outcome.passed:
            continue
        case = outcome.case
        told = printable(f"{case.rule} · {case.name} · {outcome.engine}  ({case.path}:{case.line})")
        click.echo(f"{click.style('FAIL', fg='red')} {told}")
        if outcome.got is None:
            click.echo(f"     unsupported: {printable(outcome.refused)}")
            continue
        for line in differences(plan(case), case.events, outcome.missing, outcome.extra):
            click.echo(printable(f"     {line}"))
    engines = list(dict.fromkeys(outcome.engine for outcome in outcomes))
    failed = sum(not outcome.passed for outcome in outcomes)
    rules = len({outcome.case.rule for outcome in outcomes})
    cases = len({(outcome.case.path, outcome.case.name) for outcome in outcomes})
    if not outcomes:
        click.echo("0 cases: nothing was tested")
        return
    verdict = click.style(f"{failed} failed", fg="red") if failed else click.style("all agree", fg="green")
    click.echo(f"{count(cases, 'case')} of {count(rules, 'rule')} on {', '.join(engines)}: {verdict}")


def _mutants(pack: Pack, files: Sequence[CaseFile], as_json: bool, write: bool) -> int:
    from casetrail.proof.run import run_mutants

    reports = [run_mutants(pack, file) for file in files]
    survived = sum(len(report.survivors) for report in reports)
    stale = sum(len(report.stale) for report in reports)
    if as_json:
        click.echo(json_text([_mutant_record(report) for report in reports]))
    else:
        for report in reports:
            for survivor in report.survivors:
                click.echo(f"{click.style('SURVIVES', fg='red')} {printable(f'{report.rule} · {survivor.mutant}')}")
                for line in _killing(pack, survivor, write=write):
                    click.echo(printable(line))
            for name in report.stale:
                told = printable(f"{report.rule} · listed as equal, yet killed or gone: {name}")
                click.echo(f"{click.style('STALE', fg='red')} {told}")
        killed = sum(report.killed for report in reports)
        equal = sum(len(report.equal) for report in reports)
        click.echo(
            f"{count(killed, 'mutant')} of {count(len(reports), 'rule')} killed, "
            f"{survived} survive, {equal} equal by a stated reason"
        )
    return 1 if survived or stale else 0


def _killing(pack: Pack, survivor: Survivor, *, write: bool) -> Iterator[str]:
    """The case that would kill a survivor, or where it was written."""
    from casetrail.pack.case_text import add_case, case_item, case_of

    found = survivor.killing
    if found is None:
        yield "     no small change of its cases tells the two apart"
        return
    case = case_of(f"tells the rule from: {survivor.mutant}", found.completes, found.events, pack.contracts)
    if write:
        yield f"     wrote the case that kills it to {add_case(pack, pack.rules.named(survivor.rule), case)}"
        return
    yield "     this case kills it (--write adds it):"
    yield from (f"     {line}" for line in case_item(case).splitlines())


def _mutant_record(report: MutantReport) -> dict[str, object]:
    return {
        "rule": report.rule,
        "killed": report.killed,
        "survivors": [survivor.mutant for survivor in report.survivors],
        "equal": list(report.equal),
        "stale": list(report.stale),
    }


def _write_junit(pack: Pack, outcomes: Sequence[CaseOutcome], path: Path) -> None:
    from dataclasses import replace as changed

    from casetrail.proof.run import planner
    from casetrail.proof.trace import differences
    from casetrail.reading.junit import Result, junit

    plan = planner(pack)
    results = []
    for outcome in outcomes:
        case = outcome.case
        group = f"{case.rule}.{outcome.engine}"
        at = Result(group, case.name, file=str(case.path), line=case.line, seconds=outcome.seconds)
        if outcome.passed:
            results.append(at)
            continue
        told = list(differences(plan(case), case.events, outcome.missing, outcome.extra)) if outcome.got is not None else []
        body = "\n".join([f"{case.path}:{case.line}", *told])
        results.append(changed(at, kind="failure", message=outcome.refused or "; ".join(told), about=body))
    replace(path, junit("casetrail", results))
    say(f"{count(len(outcomes), 'result')} written to {path}")

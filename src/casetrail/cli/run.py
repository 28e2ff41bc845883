"""`casetrail run`: check, test and build in one go, for a first look and for CI."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from casetrail.cli.build import compile_pack
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import Reference
from casetrail.pack.cases import case_files
from casetrail.pack.check import check
from casetrail.proof.run import run


@click.command(epilog="Example: casetrail run -o dist")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=Path("dist"), show_default=True)
@click.pass_context
def command(ctx: click.Context, output: Path) -> None:
    """Check the pack, run every case on the embedded engines, compile it into OUTPUT, and say how it went.

    Exits 0 when all went well, 1 when a check or a case failed, 2 on an error.
    """
    console = Console(highlight=False)
    pack = ctx.obj.load()
    findings = [finding for finding in check(pack.folder) if finding.severity == "error"]
    for finding in findings:
        click.echo(str(finding), err=True)
    if findings:
        ctx.exit(1)
    files = case_files(pack)
    outcomes = list(run(pack, files, [Reference(), Duckdb()]))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        click.echo(f"{outcome.case.path}: {outcome.case.name}: {outcome.engine} disagrees; see `casetrail test`", err=True)
    built = compile_pack(pack, (), output)
    alone = [rule for rule in pack.rules.values() if rule.alone]
    correlations = sum(hasattr(rule.sigma, "timespan") for rule in alone)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row("rules", f"{len(alone)}, {correlations} of them correlations")
    sleeping = [rule.name for rule in alone if rule.asleep]
    if sleeping:
        table.add_row("asleep", f"{len(sleeping)} until their watchlists are filled in: {', '.join(sleeping)}")
    table.add_row("cases", f"{len(outcomes) // 2} of {len(files)} rules")
    for engine in ("reference", "duckdb"):
        passed = sum(outcome.passed for outcome in outcomes if outcome.engine == engine)
        table.add_row(engine, f"{passed} of {len(outcomes) // 2} cases complete on the events they say")
    for target, rules in built.rules.items():
        table.add_row(target, Text(f"{len(rules)} rules, {len(alone) - len(rules)} refused by name, in {output / target}"))
    table.add_row("files", Text(f"{len(built.files)} in {output}, listed in {output / 'manifest.json'}"))
    console.print(table)
    ctx.exit(1 if failed else 0)

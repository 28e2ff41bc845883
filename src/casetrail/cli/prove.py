"""`casetrail prove`: each rule on each engine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from casetrail.files import replace
from casetrail.proof.provers import PROVERS


@click.command(epilog="Example: casetrail prove --engine duckdb --engine elasticsearch")
@click.argument("rules", nargs=-1)
@click.option(
    "--engine", "names", multiple=True, type=click.Choice(list(PROVERS)), help="An engine; all of them if not given."
)
@click.option("--json", "as_json", is_flag=True, help="Print the proof as JSON.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JUnit XML to this file.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page to this file.")
@click.pass_context
def command(
    ctx: click.Context,
    rules: tuple[str, ...],
    names: tuple[str, ...],
    as_json: bool,
    junit: Path | None,
    markdown: Path | None,
) -> None:
    """Run the cases of RULES, or of all rules, on every engine, and show where they agree.

    What is missing is fetched once and kept in the user's cache (CASETRAIL_CACHE moves it); an engine that can't be had here is left
    out by name. Exits 0 when no engine disagrees, 1 when one does, 2 on an error or when no engine could be had.
    """
    from casetrail.cli.proof import Proof, markdown_page, show
    from casetrail.cli.proof import junit as as_junit
    from casetrail.pack.cases import case_files

    pack = ctx.obj.load()
    for name in rules:
        pack.rule(name)
    files = case_files(pack, rules)
    proof = Proof(pack, files)
    for name in names or PROVERS:
        proof.run(name, PROVERS[name].opens)
    if junit:
        replace(junit, as_junit(proof.cells))
    if markdown:
        replace(markdown, markdown_page(proof).encode())
    if as_json:
        click.echo(json.dumps(proof.record(), indent=1))
    else:
        show(proof)
    if not proof.versions:
        ctx.exit(2)
    ctx.exit(1 if any(cell.standing == "disagrees" for cell in proof.cells) else 0)

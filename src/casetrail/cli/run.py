"""`casetrail run`: check, test and build in one go, for a first look and for CI."""

from __future__ import annotations

from pathlib import Path

import click

from casetrail.cli.build import compile_pack
from casetrail.cli.show.terminal import count, say
from casetrail.cli.show.working import Working
from casetrail.reading.spelled import printable


@click.command(epilog="Example: casetrail run -o dist")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=Path("dist"), show_default=True)
@click.option("--strict", is_flag=True, help="Build nothing when a rule can't be compiled.")
@click.pass_context
def command(ctx: click.Context, output: Path, strict: bool) -> None:
    """Check the pack, run every case on the embedded engines, compile it into OUTPUT, and say how it went.

    A rule that can't be compiled is named and left out of the rest.

    Exits 0 when all went well, 1 when a check or a case failed, 2 on an error.
    """
    from casetrail.check.baseline import unknown
    from casetrail.check.cached import examined
    from casetrail.cli.show.left_out import compiled
    from casetrail.engines.reference import Reference
    from casetrail.engines.remembering import remembering
    from casetrail.pack.cases import case_files
    from casetrail.proof.run import run

    pack = ctx.obj.judging().load()
    with Working("checking") as working:
        checked = unknown(examined(pack.folder, overlay=ctx.obj.overlay, lists=ctx.obj.customer), pack.folder)
        findings = [each for each in checked.findings if each.severity == "error"]
        for finding in findings:
            say(printable(str(finding)))
        working.on("reading cases")
        files = compiled(pack, case_files(pack))
        with remembering(pack.folder) as duckdb:
            outcomes = list(run(pack, files, [Reference(), duckdb], working.on))
        failed = [outcome for outcome in outcomes if not outcome.passed]
        for outcome in failed:
            say(printable(f"{outcome.case.path}: {outcome.case.name}: {outcome.engine} disagrees; see `casetrail test`"))
        working.on(f"building into {output}")
        built = compile_pack(pack, (), output, strict=strict)
    alone = pack.shippable()
    correlations = sum(hasattr(rule.sigma, "timespan") for rule in alone)
    sleeping = sum(rule.inactive for rule in alone)
    told = {"rules": f"{len(alone)}, {correlations} of them correlations"}
    if sleeping:
        told["inactive"] = (
            f"{count(sleeping, 'rule')} until the watchlists are filled in; `casetrail list watchlists` shows them"
        )
    told["cases"] = f"{len(outcomes) // 2} of {count(len(files), 'rule')}"
    for engine in ("reference", "duckdb"):
        passed = sum(outcome.passed for outcome in outcomes if outcome.engine == engine)
        told[engine] = f"{passed} of {count(len(outcomes) // 2, 'case')} match the expected events"
    for target, rules in built.rules.items():
        told[target] = f"{count(len(rules), 'rule')}, {len(alone) - len(rules)} unsupported, in {output / target}"
    if built.left_out:
        told["left out"] = f"{count(len(built.left_out), 'rule')}, listed in {output / 'manifest.json'}"
    told["files"] = f"{len(built.files)} in {output}, listed in {output / 'manifest.json'}"
    wide = max(map(len, told))
    for name, text in told.items():
        click.echo(printable(f"{name:{wide}}  {text}"))
    if findings:
        say(f"{count(len(findings), 'error')} in {pack.folder}: what has one was left out")
    ctx.exit(1 if failed or findings else 0)

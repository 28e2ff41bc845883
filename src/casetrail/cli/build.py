"""`casetrail build`: from rules to what a SIEM imports."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from casetrail.pack.pack import Pack, PackError
from casetrail.packages.targets import Built, build, targets
from casetrail.packages.write import write


@click.command(epilog="Example: casetrail build -o dist --target elastic")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=Path("dist"), show_default=True)
@click.option("--target", "chosen", multiple=True, help="A target, such as elastic; all if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print what was built and refused as JSON.")
@click.pass_context
def command(ctx: click.Context, output: Path, chosen: tuple[str, ...], as_json: bool) -> None:
    """Compile the rules into OUTPUT, with a manifest of files, rules, hashes, and what was refused and why."""
    pack = ctx.obj.load()
    built = compile_pack(pack, chosen, output)
    if as_json:
        click.echo(built.files["manifest.json"].decode(), nl=False)
        return
    console = Console(highlight=False, soft_wrap=True)
    for target, rules in built.rules.items():
        console.print(f"{target}: {len(rules)} rules in {escape(str(output / target))}")
    for refusal in built.refused:
        console.print(f"  refused for {refusal.target}: {refusal.rule}: {escape(refusal.reason)}")


def compile_pack(pack: Pack, chosen: tuple[str, ...], output: Path) -> Built:
    """Build the chosen targets, or all, into a folder. Raises PackError when a rule has no meaning."""
    broken = [rule for rule in pack.rules.values() if rule.plan is None]
    if broken:
        first = broken[0]
        raise PackError(
            f"{first.path}: {first.name}: {first.problems[0].message} ({len(broken)} rules have no meaning; see `casetrail check`)"
        )
    built = build(pack, chosen or targets(pack))
    write(output, built.files)
    return built

"""`casetrail build`: from rules to what a SIEM imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.cli.show.terminal import count, say
from casetrail.reading.spelled import printable, printable_json

if TYPE_CHECKING:
    from casetrail.build.targets import Built
    from casetrail.pack.pack import Pack

_NAMED = 5


@click.command(epilog="Example: casetrail build -o dist --target elastic")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=Path("dist"), show_default=True)
@click.option("--target", "chosen", multiple=True, help="A target, such as elastic; all if not given.")
@click.option("--strict", is_flag=True, help="Build nothing when a rule can't be compiled.")
@click.option("--json", "as_json", is_flag=True, help="Print what was built and what is unsupported as JSON.")
@click.pass_context
def command(ctx: click.Context, output: Path, chosen: tuple[str, ...], strict: bool, as_json: bool) -> None:
    """Compile the rules into OUTPUT, with a manifest of files, rules, hashes, and what is unsupported or left out and why.

    A rule that can't be compiled is named and left out. Without --target the targets are those of the pack's settings, or all.
    """
    pack = ctx.obj.judging().load()
    built = compile_pack(pack, chosen, output, strict=strict)
    if as_json:
        click.echo(printable_json(built.files["manifest.json"].decode()), nl=False)
        return
    for target, rules in built.rules.items():
        click.echo(printable(f"{target}: {count(len(rules), 'rule')} in {output / target}"))
        for refusal in built.refused:
            if refusal.target == target:
                click.echo(printable(f"  unsupported: {refusal.rule}: {refusal.reason}"))
    for line in (*_guessed(built), *_narrowed(pack)):
        say(line)
    if built.changes:
        weaker = sum(change.weakens for change in built.changes)
        say(
            f"overlay: {count(len(built.changes), 'change')}, {weaker} of which may be narrower; {output / 'manifest.json'} names them"
        )


def _narrowed(pack: Pack) -> Iterator[str]:
    """Which rules see less than they could, by the logs that there are."""
    unseen = pack.unseen()
    if unseen:
        more = ", …" if len(unseen) > _NAMED else ""
        yield f"without some of their logs: {count(len(unseen), 'rule')}: {', '.join(list(unseen)[:_NAMED])}{more}"


def _guessed(built: Built) -> Iterator[str]:
    """What a build takes for granted of logs that nobody defined or placed."""
    if built.unchecked:
        more = ", …" if len(built.unchecked) > _NAMED else ""
        names = ", ".join(built.unchecked[:_NAMED])
        yield printable(
            f"fields unchecked, since nobody defined their log: {count(len(built.unchecked), 'rule')}: {names}{more}"
        )
    for target in dict.fromkeys(one.target for one in built.assumed):
        found = [f"{one.source} in {one.index}" for one in built.assumed if one.target == target]
        more = ", …" if len(found) > _NAMED else ""
        yield printable(f"{target}: index assumed for {count(len(found), 'log')}: {', '.join(found[:_NAMED])}{more}")


def compile_pack(pack: Pack, chosen: tuple[str, ...], output: Path, *, strict: bool = False) -> Built:
    """Build the chosen targets, those of the settings, or all, into a folder, saying what is left out.

    Raises PackError when nothing is left to build, or a rule can't be compiled where the caller or the settings are strict.
    """
    from casetrail.build.targets import build
    from casetrail.build.write import write
    from casetrail.cli.show.left_out import tell
    from casetrail.pack.files import PackError

    broken = tell(pack)
    if broken and (strict or pack.settings.strict):
        raise PackError(f"{pack.folder}: nothing was built: a rule can't be compiled")
    if not pack.shippable():
        raise PackError(f"{pack.folder}: nothing was built: no rule is left that can be compiled")
    built = build(pack, chosen or pack.settings.chosen or None)
    write(output, built.files)
    return built

"""`casetrail lock`: what each rule means and is shipped as, written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.cli.show.terminal import count, say
from casetrail.reading.files import replace
from casetrail.reading.spelled import printable

if TYPE_CHECKING:
    from casetrail.pack.lock import Breach
    from casetrail.pack.lockfile import Lock
    from casetrail.pack.pack import Pack

_WRONG_VERSION = ("lock-meaning", "lock-words")


@click.command(epilog="Example: casetrail --pack . lock --check")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 when the lock isn't what would be written.")
@click.option(
    "--set-versions", is_flag=True, help="Write into each rule the version it must have: one more where its meaning changed."
)
@click.option("--withdraw", "gone", multiple=True, metavar="NAME=REASON", help="A shipped rule that is no more, and why.")
@click.option("--anew", is_flag=True, help="Begin a new lock, as if nothing had been shipped yet.")
@click.pass_context
def command(ctx: click.Context, only_check: bool, set_versions: bool, gone: tuple[str, ...], anew: bool) -> None:
    """Write rules.lock into the pack: of each rule the version and the hash of its meaning, and of each query its release and hash.

    Refuses, with exit code 1, to hide that a rule means something else under the same version, or is gone without a reason. An overlay
    has no part in it.
    """
    from casetrail.build.locked import differences, renewed
    from casetrail.pack.lock import breaches
    from casetrail.pack.lockfile import FILE, Lock, read_lock, written
    from casetrail.pack.pack import Pack

    reasons = dict(_reason(text) for text in gone)
    folder: Path = ctx.obj.folder
    if not (folder / "rules").is_dir() or ctx.obj.is_fallback:
        raise click.UsageError(f"{folder} is no pack, which has rules/; name one by --pack")
    pack = Pack.load(folder)
    old = Lock() if anew else read_lock(folder) or Lock()
    if set_versions and not only_check:
        wrong = [one for one in breaches(pack, old) if one.lint in _WRONG_VERSION]
        set_each(pack, old, wrong)
        pack = Pack.load(folder)
    broken = [one for one in breaches(pack, old) if one.lint != "lock-stale" and one.rule not in reasons]
    for one in broken:
        say(printable(f"{one.rule}: {one.message}"))
    if broken:
        say(f"nothing was written: {count(len(broken), 'rule')} of a wrong version or gone without a reason")
        ctx.exit(1)
    today = datetime.now(UTC).date().isoformat()
    new = renewed(pack, old, reasons, today)
    if only_check:
        told = list(differences(old, new))
        for line in told:
            click.echo(printable(line))
        ctx.exit(1 if told else 0)
    replace(folder / FILE, written(new))
    _tell(folder / FILE, old, new)


def _reason(text: str) -> tuple[str, str]:
    name, equals, reason = text.partition("=")
    if not equals or not reason.strip():
        raise click.UsageError(f"--withdraw {text}: say NAME=REASON")
    return name.strip(), " ".join(reason.split())


def _tell(path: Path, old: Lock, new: Lock) -> None:
    changed = sum(old.rules.get(name) != entry for name, entry in new.rules.items())
    told = f"{count(len(new.rules), 'rule')}, {changed} of them new or changed; {len(new.withdrawn)} withdrawn"
    click.echo(printable(f"{path}: {told}"))


def set_each(pack: Pack, lock: Lock, wrong: Sequence[Breach]) -> None:
    """Write the right version into the file of each rule that has a wrong one. Raises PackError where none is written to change."""
    from casetrail.pack.files import PackError
    from casetrail.reading.yaml import read

    for one in wrong:
        path = pack.rules[one.rule].path
        known = lock.withdrawn[one.rule].version if one.rule in lock.withdrawn else lock.rules[one.rule].version
        version = known + (one.lint == "lock-meaning")
        document = next(each for each in read(path) if each.data.get("name") == one.rule)
        place = document.position(["casetrail", "version"], value=True)
        lines = path.read_text("utf-8").split("\n")
        line, start = lines[place.line - 1], place.column - 1
        digits = len(line[start:]) - len(line[start:].lstrip("0123456789"))
        if not digits:
            raise PackError(f"{path}:{place.line}: say casetrail.version: {version}")
        lines[place.line - 1] = f"{line[:start]}{version}{line[start + digits :]}"
        replace(path, "\n".join(lines).encode())
        click.echo(printable(f"{path}:{place.line}: version {version}"))

"""`casetrail trail`: from an indicator to all that it touched."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from casetrail.cli.show.terminal import say
from casetrail.reading.spelled import printable

INCOMPLETE = 3


@click.command(epilog="Example: casetrail trail 198.51.100.66 logs/ --map files.csv -o trail/")
@click.argument("given", nargs=-1, metavar="INDICATOR... LOGS...")
@click.option("-o", "--out", type=click.Path(path_type=Path, file_okay=False), help="The folder to write the result into.")
@click.option(
    "--indicators",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file of indicators, one a line; # begins a remark.",
)
@click.option(
    "--map", "maps", multiple=True, type=click.Path(path_type=Path), help="CSV of whose files and cases are; several add up."
)
@click.option(
    "--har",
    "hars",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Copies of HAR files, whose tokens are listed without their values.",
)
@click.option(
    "--through", multiple=True, metavar="INDICATOR", help="Walk this although too many share it; may be given several times."
)
@click.option(
    "--shared", default=5, show_default=True, help="How many accounts may use an address or a device that is walked."
)
@click.option("--source", help="The log source of all events, as product/service; otherwise each event tells its own.")
@click.option(
    "--again",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Walk the trail of this result again, with later LOGS beside its own, and say what is new.",
)
@click.pass_context
def command(
    ctx: click.Context,
    given: tuple[str, ...],
    out: Path | None,
    lists: tuple[Path, ...],
    maps: tuple[Path, ...],
    hars: Path | None,
    through: tuple[str, ...],
    shared: int,
    source: str | None,
    again: Path | None,
) -> None:
    """Follow INDICATORs through LOGS: to sessions, accounts, files, cases and customers.

    What is a file or a folder is LOGS, all else an indicator: an address or network, an account, a session, a device token, an API token,
    a user agent, a file, a version, a case, a file's name, a customer of the map. Its kind is guessed and printed; write it before the
    text to say it, as in session:2qEF45kkHCYT or name:trace.har.

    Each event is in by a key that is `exact` (a session, an address, a request), `likely` or `possible`; docs/trail.md says when.

    Exits 0 when the logs are whole, 3 while rows may still come or are missing, 2 when it couldn't run.

    When later logs have come: casetrail trail --again trail/ later-logs/
    """
    from casetrail.cli.show.trail import show, show_fresh
    from casetrail.trail.files import fresh, read, write
    from casetrail.trail.result import Asked
    from casetrail.trail.run import run
    from casetrail.trail.walk import Limits

    pack = ctx.obj.load()
    if source and source not in pack.contracts:
        raise click.UsageError(f"no log source definition for {source}; there are {', '.join(pack.contracts)}")
    logs = [Path(text) for text in given if Path(text).exists()]
    texts = [text for text in given if not Path(text).exists()]
    try:
        texts += [line for path in lists for line in _listed(path)]
        earlier = read(again) if again else None
        if earlier:
            texts = list(dict.fromkeys([*earlier.asked.indicators, *texts]))
            through = tuple(dict.fromkeys([*earlier.asked.through, *through]))
            hars = hars or (Path(earlier.asked.hars) if earlier.asked.hars else None)
            maps = tuple(dict.fromkeys([*map(Path, earlier.asked.maps), *maps]))
            logs = [*(Path(path) for path in earlier.inputs if not _among(Path(path), logs)), *logs]
            missing = [path for path in logs if not path.exists()]
            if missing:
                raise click.UsageError(f"{printable(str(missing[0]))}: an earlier input is gone; give its new place as LOGS")
        if not texts or not logs:
            raise click.UsageError("name at least one indicator and the logs to follow it through")
        words = ["casetrail", "trail", *texts, *map(str, logs), *(word for path in maps for word in ("--map", str(path)))]
        words += [word for text in through for word in ("--through", text)]
        words += ["--har", str(hars)] if hars else []
        asked = Asked(tuple(texts), tuple(through), tuple(map(str, maps)), shlex.join(words), str(hars or ""))
        sleeping = sorted(name for name, rule in pack.rules.items() if rule.inactive)
        found = run(asked, logs, pack.contracts, source, Limits(accounts=shared), sleeping)
    except (ValueError, OSError) as error:
        raise click.UsageError(printable(str(error))) from error
    show(found)
    if earlier:
        show_fresh(fresh(earlier, found))
    folder = out or again
    if folder:
        names = write(found, folder)
        say(printable(f"{len(names)} files in {folder}; begin with trail.html"))
    ctx.exit(INCOMPLETE if found.incomplete else 0)


def _listed(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8-sig").splitlines())
    return [line for line in lines if line]


def _among(path: Path, logs: list[Path]) -> bool:
    """Whether a file is read by one of some paths already."""
    whole = path.resolve()
    return any(whole == log.resolve() or log.resolve() in whole.parents for log in logs)

"""Hold what is pinned against a file of advisories, without the network: `python makers/advisories.py all.zip`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from casetrail.build.advisories import BadAdvisories, check, read
from casetrail.build.pins import of_engines, of_packages
from casetrail.reading.spelled import printable


@click.command(epilog="Example: python makers/advisories.py PyPI/all.zip npm/all.zip Maven/all.zip")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--days", type=click.IntRange(0), default=30, show_default=True, help="The greatest age of the newest advisory."
)
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day that ages count from; today's in UTC if left out.")
def main(files: tuple[Path, ...], days: int, today: datetime | None) -> None:
    """Name the pinned versions that advisories of FILES (OSV format: JSON, or a zip of it) are about.

    Exit codes: 0 when none is; 1 when one is; 2 when it can't be told: a file that can't be read, one that is too old, a kind of package
    that no advisory is about, or an advisory whose versions can't be compared.
    """
    try:
        found = check([*of_packages(), *of_engines()], [each for file in files for each in read(file)])
    except BadAdvisories as error:
        raise SystemExit(_refused(printable(str(error)))) from error
    if found.as_of is None:
        raise SystemExit(_refused("no advisory is about a package of PyPI, npm or Maven: nothing is checked"))
    age = ((today.date() if today else datetime.now(UTC).date()) - found.as_of).days
    click.echo(f"{found.advisories:,} advisories, as of {found.as_of}, {_days(age)} old")
    for each in found.findings:
        mark = "affected" if each.certain else "can't be told"
        click.echo(printable(f"{each.ecosystem} {each.name} {each.version}: {each.advisory}: {mark}: {each.summary}"))
    doubts = [f"no advisory is about a package of {ecosystem}, so those aren't checked" for ecosystem in found.unchecked]
    if age > days:
        doubts.append(
            f"the newest advisory is {_days(age)} old, more than {days}: get the file anew, or allow it by --days {age}"
        )
    for doubt in doubts:
        click.echo(doubt, err=True)
    if any(each.certain for each in found.findings):
        raise SystemExit(1)
    raise SystemExit(2 if doubts or found.findings else 0)


def _refused(message: str) -> int:
    click.echo(message, err=True)
    return 2


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


if __name__ == "__main__":
    main()

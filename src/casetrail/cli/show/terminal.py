"""What is printed for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import click

from casetrail.reading.spelled import printable


def count(number: int, thing: str) -> str:
    """`1 file`, `2 files`, `2 matches`."""
    return f"{number} {thing}{'' if number == 1 else 'es' if thing.endswith('ch') else 's'}"


def table(rows: Sequence[Mapping[str, object]]) -> Iterable[str]:
    """Lines of columns under the names that the rows share."""
    lines = [list(rows[0]), *([printable(str(value)) for value in row.values()] for row in rows)] if rows else []
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(text.ljust(width) for text, width in zip(line, wide, strict=True)).rstrip()


def say(text: str) -> None:
    """Print a line about the work, not of the result: on the standard error."""
    click.echo(printable(text), err=True)

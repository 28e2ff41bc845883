"""The help of every command as a page of Markdown. Run as a module it prints docs/cli.md."""

from __future__ import annotations

from collections.abc import Iterator

import click

from casetrail.cli.main import cli

_WIDTH = 100
_HEAD = """# The command line

Made from `casetrail COMMAND --help` by `make docs`.

The result goes to the standard output, everything else to the standard error. Exit codes are the same everywhere: 0 when all went
well, 1 when something was found (a fault, a failing case, with `hunt --exit-code` a match), 2 on an error, 130 after Ctrl-C.
Colours and the progress bar are for terminals only; `NO_COLOR` turns colours off there too.
"""


def page() -> str:
    """The page, whatever the width of the terminal."""
    with _context(cli, "casetrail") as top:
        parts = [_HEAD, _section("casetrail", cli, top)]
        for name in cli.list_commands(top):
            command = cli.get_command(top, name)
            if command is not None:
                with _context(command, name, top) as ctx:
                    parts.append(_section(f"casetrail {name}", command, ctx))
                    parts += _inner(f"casetrail {name}", command, ctx)
    return "\n".join(parts)


def _inner(title: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    """The sections of the commands of a command."""
    for name, inner in command.commands.items() if isinstance(command, click.Group) else ():
        with _context(inner, name, parent) as ctx:
            yield _section(f"{title} {name}", inner, ctx)


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    return click.Context(command, parent, name, terminal_width=_WIDTH, max_content_width=_WIDTH, help_option_names=_HELP)


_HELP = ["-h", "--help"]


def _section(title: str, command: click.Command, ctx: click.Context) -> str:
    lines = "\n".join(line.rstrip() for line in command.get_help(ctx).split("\n"))
    return f"## {title}\n\n```text\n{lines}\n```\n"


if __name__ == "__main__":
    click.echo(page(), nl=False)

"""The `casetrail` command. Each command's module is imported only when it runs, so that help is quick."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from casetrail import __version__
from casetrail.reading.spelled import printable
from casetrail.reading.suggest import suggestion

if TYPE_CHECKING:
    from casetrail.pack.pack import Pack
    from casetrail.pack.whose import Place

_PIPE = 141
_SHOWN = 5
_BETWEEN_COLLECTIONS = 100_000
_COMMANDS = {
    "check": "Check rules, cases, log source definitions and watchlists; name every fault with file and line.",
    "test": "Run the cases of rules on engines, or see that no mutant of a rule survives them.",
    "prove": "Run every case of every rule on every engine, and show where they agree.",
    "build": "Compile rules into what a SIEM imports.",
    "release": "Put a build of every target into one archive, with checksums and a bill of materials.",
    "hunt": "Search log files or a cluster with the rules.",
    "trail": "Follow an indicator through logs to every session, account, file and customer that it touched.",
    "replay": "Replay an incident: what the rules would have alerted on, day by day.",
    "redteam": "Try attacks by somebody who has read the rules, and show what alerts on them.",
    "schedule": "Explain when rules run on a SIEM, how late an event may arrive and when the alert comes.",
    "explain": "Say in words what a rule means, and why an event does or doesn't match.",
    "case": "Write real events as a case of a rule, redacted if you like.",
    "logsource": "Define a log of your own from a sample, or hold a definition to one.",
    "new": "Start a rule and its cases.",
    "lock": "Write down what each rule means and which version of it that is.",
    "diff": "Say what a change of the rules means.",
    "init": "Start a folder of your own, to lay over the pack.",
    "run": "Check, test and build in one go.",
    "schemas": "List the JSON schemas of a pack's files, for editors.",
    "lint": "Explain a finding of check: why it matters, and how to mend it.",
    "list": "List the rules, log sources, fields, watchlists or lints.",
}


@dataclass(frozen=True)
class Context:
    """What all commands share.

    pack_dir: the pack that was named; None where none was; customer: the folder of own watchlists; laid: that of all that is own;
    implied: the names of those that only the environment says.
    """

    pack_dir: Path | None = None
    customer: Path | None = None
    laid: Path | None = None
    implied: frozenset[str] = frozenset()

    def at(self, *paths: Path) -> Context:
        """The same, with the pack of some paths in place of the current folder's.

        Raises PackError where they are of several packs, or outside the one that is named.
        """
        from casetrail.pack.whose import pack_of

        return replace(self, pack_dir=pack_of(paths, self.pack_dir)) if paths else self

    @cached_property
    def _place(self) -> Place:
        from casetrail.pack.files import shipped
        from casetrail.pack.settings import SHIPPED
        from casetrail.pack.whose import Place, whose

        if self.pack_dir == Path(SHIPPED) and not self.pack_dir.is_dir():
            return Place(shipped())
        found = whose(Path.cwd()) if self.pack_dir is None else Place(self.pack_dir)
        if found is None or (self.pack_dir is None and self.laid and found.folder.resolve() == self.laid.resolve()):
            return Place(shipped(), fallback=True)
        return found

    @property
    def folder(self) -> Path:
        """The folder of the pack: the one that is named, else the nearest upward, else the shipped one. Raises PackError."""
        return self._place.folder

    @property
    def overlay(self) -> Path | None:
        """The folder that is laid over the pack. Raises PackError."""
        return self.laid or (None if self.customer else self._place.overlay)

    @property
    def is_fallback(self) -> bool:
        """Whether it is the shipped pack since nobody chose one: none into which a command writes."""
        return self._place.fallback

    @property
    def _is_shipped(self) -> bool:
        from casetrail.pack.files import shipped

        return self.folder.resolve() == shipped().resolve()

    @property
    def title(self) -> str:
        """Which pack it is, as every command says."""
        named = f"shipped {__version__}" if self._is_shipped else str(self.folder)
        over = self.overlay or self.customer
        return f"pack: {named}" + (f", under {over}" if over else "")

    def judging(self) -> Context:
        """The same, for a command that says whether a pack is right or makes what is shipped.

        Raises PackError where nobody chose the shipped pack and others lie below: they would go unseen.
        """
        from casetrail.pack.files import PackError
        from casetrail.pack.whose import below

        inner = below(Path.cwd()) if self.is_fallback and not (self.laid or self.customer) else []
        if inner:
            there = ", ".join(str(each.relative_to(Path.cwd())) for each in inner[:_SHOWN])
            raise PackError(
                f"no pack is here, but in {there}: name it by --pack, or go there (--pack shipped is casetrail's own)"
            )
        return self

    def load(self) -> Pack:
        """The pack, telling which it is, what was read of it, and what of the overlay hits nothing. Raises PackError."""
        from casetrail.check.unused import unused
        from casetrail.cli.show.terminal import count, say
        from casetrail.pack.files import PackError
        from casetrail.pack.pack import Pack

        pack = Pack.load(self.folder, self.customer, self.overlay)
        rules, filters = len(pack.sources.rules()), len(pack.sources.filters())
        if not rules and pack.unread:
            raise pack.unread[0].error()
        if not rules:
            raise PackError(f"{self.folder}: no rules are there: they are YAML files in rules/, or in the folder itself")
        say(printable(f"{self.title} ({count(rules, 'rule')}{', ' + count(filters, 'filter') if filters else ''})"))
        for one in unused(pack):
            say(printable(f"{one.path}:{one.place.line}: it hits nothing: {one.message}"))
        return pack


class _Failure(click.ClickException):
    """What can't be done, as the user is told it."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"casetrail: {printable(self.message)}", err=True)


def _in_words(error: BaseException) -> _Failure:
    # Where nothing fails, nobody waits for the import of what reads YAML.
    from casetrail.reading.words import in_words

    return _Failure(in_words(error))


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"casetrail.cli.{cmd_name}")
        command: click.Command = module.command
        known = {option for param in command.params for option in param.opts}
        command.params += [option for option in _after() if not known & set(option.opts)]
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no command is named {args[0]}{suggestion(args[0], _COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever read the output wants no more; Python would complain of that at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(_PIPE)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if type(error).__module__.startswith("casetrail.") or isinstance(error, OSError):
                raise _in_words(error) from error
            if ctx.obj is not None and _misshapen(error, ctx.obj):
                told = "something in the pack isn't as its schema says; `casetrail check` shows where"
                raise _Failure(f"{told} ({_in_words(error).message})") from error
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _misshapen(error: Exception, context: Context) -> bool:
    """Whether a command stumbled over the shape of a pack, as the pack's own faults show. Without any, the fault is ours."""
    from casetrail.check.check import check
    from casetrail.reading.yaml import SHAPE

    try:
        found = check(context.folder, overlay=context.overlay) if isinstance(error, SHAPE) else []
        return any(finding.severity == "error" for finding in found)
    except Exception:
        return False


_SHARED = {
    "pack_dir": (
        "--pack",
        "The pack to work on; the nearest folder upward that is one if not given, else the shipped pack.",
    ),
    "customer": ("--watchlists", "A folder with watchlists and a thresholds.yml of your own, in place of the pack's."),
    "laid": (
        "--overlay",
        "A folder of your own, laid over the pack: settings, rules, filters, watchlists, thresholds; `casetrail init` makes one.",
    ),
}


def _after() -> list[click.Option]:
    """The options that all commands share, as those of one command, for who writes them after it."""

    def take(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
        if value is not None and param.name is not None:
            before = getattr(ctx.obj, param.name)
            # What the environment says gives way to what is written.
            if before not in (None, value) and param.name not in ctx.obj.implied:
                raise click.UsageError(f"{param.opts[0]} is given twice: {before} and {value}", ctx)
            ctx.obj = _sound(replace(ctx.obj, **{param.name: value}))

    return [
        click.Option(
            [option, name], type=click.Path(path_type=Path), help=told, expose_value=False, callback=take, hidden=True
        )
        for name, (option, told) in _SHARED.items()
    ]


def _sound(context: Context) -> Context:
    if context.customer and context.laid:
        raise click.UsageError("--overlay has watchlists/ of its own: leave --watchlists out")
    return context


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: casetrail hunt okta.ndjson",
)
@click.option("--pack", "pack_dir", type=click.Path(path_type=Path), help=_SHARED["pack_dir"][1])
@click.option("--watchlists", "customer", type=click.Path(path_type=Path), help=_SHARED["customer"][1])
@click.option(
    "--overlay",
    "laid",
    type=click.Path(path_type=Path),
    envvar="CASETRAIL_OVERLAY",
    show_envvar=True,
    help=_SHARED["laid"][1],
)
@click.version_option(__version__, prog_name="casetrail")
@click.pass_context
def cli(ctx: click.Context, pack_dir: Path | None, customer: Path | None, laid: Path | None) -> None:
    """Sigma rules for identity and support-system attacks, proven on every engine they ship to.

    --pack, --watchlists and --overlay may stand before the command or after it.
    """
    implied = frozenset({"laid"} if ctx.get_parameter_source("laid") is ParameterSource.ENVIRONMENT else ())
    ctx.obj = _sound(Context(pack_dir, customer, laid, implied))
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def main() -> None:
    """Run the command line; exit 0 when all went well, 1 when something was found, 2 on an error, 130 when it was stopped."""
    stopped: list[int] = []

    def stop(number: int, frame: object) -> None:
        # DuckDB raises an error of its own in place of ours, so what happened must be told in another way.
        stopped.append(number)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    # What a command reads it keeps to its end: looking through all of that for garbage is a third of the time of a large check.
    gc.set_threshold(_BETWEEN_COLLECTIONS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(prog_name="casetrail", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        _leave(stopped)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except OSError as error:
        _in_words(error).show()
        sys.exit(2)
    except Exception:
        if stopped:
            _leave(stopped)
        raise


def _leave(stopped: list[int]) -> NoReturn:
    click.echo("stopped", err=True)
    sys.exit(128 + (stopped or [signal.SIGINT])[0])

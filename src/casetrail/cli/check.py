"""`casetrail check`: every fault of a pack, with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.cli.show.terminal import count, say
from casetrail.reading.files import replace
from casetrail.reading.spelled import printable

if TYPE_CHECKING:
    from casetrail.check.findings import Checked, Finding
    from casetrail.cli.main import Context

_NAMED = 5
_SEVERITIES = {"error": "error", "warning": "warning", "info": "info finding"}


@click.command(epilog="Example: casetrail --pack . check --github")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json_", is_flag=True, help="Print the findings as JSON.")
@click.option("--sarif", is_flag=True, help="Print the findings as SARIF 2.1.0.")
@click.option("--github", is_flag=True, help="Print the findings as annotations of GitHub Actions.")
@click.option("--gitlab", is_flag=True, help="Print the findings as GitLab's code quality report.")
@click.option("--fix", is_flag=True, help="Fix in place what can be fixed by rule.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings too.")
@click.option(
    "--baseline", type=click.Path(path_type=Path, dir_okay=False), help="A file of known findings, which are not told again."
)
@click.option(
    "--write-baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all findings to this file as known, to adopt casetrail on old rules.",
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day by which watchlists may have expired; today (UTC) if not given.",
)
@click.option("--no-cache", is_flag=True, help="Neither take nor keep the verdict on unchanged files.")
@click.option("--watch", is_flag=True, help="Check again after each change of a file, until Ctrl-C.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    as_json_: bool,
    sarif: bool,
    github: bool,
    gitlab: bool,
    fix: bool,
    strict: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    today: datetime | None,
    no_cache: bool,
    watch: bool,
) -> None:
    """Check rules, cases, log source definitions, watchlists and backends; with PATHS, print only what is in those files or folders.

    The pack is that of PATHS, or of the current folder. Exits 0 when there is no error, 1 when there is, 2 when no rule was read.
    """
    from casetrail.check.baseline import baseline as as_baseline
    from casetrail.check.baseline import unknown
    from casetrail.check.cached import examined
    from casetrail.check.findings import as_github, as_gitlab, as_json, as_sarif
    from casetrail.cli.show.watch import again
    from casetrail.pack.files import PackError

    if watch:
        again(ctx)
    if as_json_ + sarif + github + gitlab > 1:
        raise click.UsageError("choose one of --json, --sarif, --github and --gitlab")
    if baseline and write_baseline:
        raise click.UsageError("choose --baseline or --write-baseline")
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise click.UsageError(f"{printable(str(missing[0]))}: no such file or folder")
    if ctx.obj.customer and not ctx.obj.customer.is_dir():
        raise click.UsageError(f"{printable(str(ctx.obj.customer))}: no such folder")
    context = ctx.obj.at(*_in_no_overlay(ctx.obj, paths)).judging()
    folder, overlay = context.folder, context.overlay
    say(printable(context.title))
    day = (today or datetime.now(UTC)).date()
    every = partial(examined, folder, day, overlay=overlay, lists=context.customer, cached=not no_cache)
    if write_baseline:
        found = every().findings
        replace(write_baseline, as_baseline(found, folder))
        say(f"{count(len(found), 'finding')} written to {write_baseline}; say baseline: {write_baseline} in casetrail.yml")
        return
    checked = unknown(every(), folder, baseline)
    if fix:
        mended = mend(_below(checked.findings, paths))
        checked = unknown(every(), folder, baseline)
        say(f"{count(mended, 'finding')} fixed")
    findings = _below(checked.findings, paths)
    if as_json_:
        click.echo(as_json(findings))
    elif sarif:
        click.echo(as_sarif(findings))
    elif github:
        click.echo(as_github(findings))
    elif gitlab:
        click.echo(as_gitlab(findings))
    else:
        for finding in findings:
            if finding.severity != "info":
                click.echo(_coloured(finding))
        for line in _without_contract(findings):
            say(line)
    counts = Counter(finding.severity for finding in findings)
    told = ", ".join(count(counts[severity], thing) for severity, thing in _SEVERITIES.items())
    hidden = counts["info"] and not (as_json_ or sarif or github or gitlab)
    read = ", ".join(count(number, thing) for thing, number in checked.read.items() if number)
    say(f"{read or 'nothing'} read: {told}{' (--json shows them)' if hidden else ''}{_of_baseline(checked)}")
    if not checked.read["rule"] and not findings:
        raise PackError(f"{folder}: no rules are there: they are YAML files in rules/, or in the folder itself")
    ctx.exit(1 if counts["error"] or ((strict or checked.strict) and counts["warning"]) else 0)


def _in_no_overlay(context: Context, paths: Sequence[Path]) -> list[Path]:
    """The paths by which a pack can be told: those of the folder that is laid over it can't."""
    from casetrail.pack.whose import holds

    return [path for path in paths if not any(laid and holds(laid, path) for laid in (context.laid, context.customer))]


def _of_baseline(checked: Checked) -> str:
    known = f"; {count(checked.known, 'known finding')} not told" if checked.known else ""
    gone = f"; {checked.gone} of the baseline are no more: write it anew" if checked.gone else ""
    return known + gone


def _below(findings: Sequence[Finding], paths: Sequence[Path]) -> list[Finding]:
    wanted = [path.resolve() for path in paths]
    return [
        finding
        for finding in findings
        if not wanted or any(path in (finding.path.resolve(), *finding.path.resolve().parents) for path in wanted)
    ]


def _without_contract(findings: Sequence[Finding]) -> Iterator[str]:
    """The rules whose fields are unchecked, by the words that say so."""
    stems: dict[str, list[str]] = {}
    for finding in findings:
        if finding.code == "CT101":
            stems.setdefault(finding.message, []).append(finding.path.stem)
    for message, names in stems.items():
        stems_once = list(dict.fromkeys(names))
        more = ", …" if len(stems_once) > _NAMED else ""
        yield printable(f"{message}: {count(len(names), 'rule')}: {', '.join(stems_once[:_NAMED])}{more}")


def _coloured(finding: Finding) -> str:
    colour = {"error": "red", "warning": "yellow"}.get(finding.severity, "cyan")
    place = printable(f"{finding.path}:{finding.line}:{finding.column}")
    return f"{place} {click.style(finding.code, fg=colour)} {printable(finding.told)}"


def mend(findings: Sequence[Finding]) -> int:
    """Put unquoted YAML 1.1 scalars in quotes and fields' own names in place of others, in place; give how many were mended."""
    mended = 0
    by_file: dict[Path, list[Finding]] = {}
    for finding in findings:
        if finding.code in _MENDED:
            by_file.setdefault(finding.path, []).append(finding)
    for path, found in by_file.items():
        lines = path.read_text("utf-8").split("\n")
        for finding in sorted(found, key=lambda each: (each.line, each.column), reverse=True):
            line, (before, after) = lines[finding.line - 1], _MENDED[finding.code](finding.message)
            start = finding.column - 1
            start += line[start : start + 1] in ("'", '"')
            if line.startswith(before, start):
                lines[finding.line - 1] = f"{line[:start]}{after}{line[start + len(before) :]}"
                mended += 1
        replace(path, "\n".join(lines).encode())
    return mended


def _quoted(message: str) -> tuple[str, str]:
    text = message.split(" ", 1)[0]
    return text, f'"{text}"'


def _renamed(message: str) -> tuple[str, str]:
    before, _, rest = message.partition(" is written ")
    return before, rest.rpartition(" in ")[0]


_MENDED: Mapping[str, Callable[[str], tuple[str, str]]] = {"CT002": _quoted, "CT113": _renamed}
"""By the code of a lint that can be fixed: from its message, what stands there and what is to."""

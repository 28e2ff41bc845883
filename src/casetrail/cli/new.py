"""`casetrail new`: a rule and its cases, with what is still to be said named by a failing test."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.reading.files import create_all
from casetrail.reading.spelled import printable
from casetrail.reading.words import of_os
from casetrail.sigma.levels import LEVELS

if TYPE_CHECKING:
    from casetrail.pack.pack import Pack


@dataclass(frozen=True, slots=True)
class Kind:
    """What a rule asks of several events. bases: the endings of the names of the rules that it refers to.

    type, timespan, condition: as Sigma writes them, `{0}` and `{1}` for the bases; words: what it says.
    """

    bases: tuple[str, ...]
    type: str
    words: str
    timespan: str = "1h"
    condition: str = ""


KINDS: Mapping[str, Kind | None] = {
    "event": None,
    "count": Kind(("event",), "event_count", "at least so many events within the timespan", condition="{{gte: 10}}"),
    "values": Kind(
        ("event",),
        "value_count",
        "at least so many values of a field within the timespan",
        condition="{{gte: 3, field: FILL-IN}}",
    ),
    "sequence": Kind(("first", "then"), "temporal_ordered", "one event after another, within the timespan"),
    "together": Kind(("one", "other"), "temporal", "events of each, in any order, within the timespan"),
    "absence": Kind(
        ("first", "then"),
        "temporal_ordered",
        "the first event, and none of the second within the timespan after it",
        condition="{0} and not {1}",
    ),
    "first-seen": Kind(
        ("event",),
        "temporal_ordered",
        "an event of its key after a timespan without any",
        timespan="7d",
        condition="not {0} and {0}",
    ),
}
"""By the word for it; an event alone is no correlation."""


@click.command(epilog="Example: casetrail --pack . new okta_factor_reset_by_help_desk --source okta/okta")
@click.argument("name", required=False)
@click.option("--source", help="The log source, as product/service.")
@click.option(
    "--type", "kind", type=click.Choice(list(KINDS)), default="event", show_default=True, help="What it asks of events."
)
@click.option("--title", help="A title of a few words.")
@click.option("--level", type=click.Choice(LEVELS), default="medium")
@click.pass_context
def command(ctx: click.Context, name: str | None, source: str | None, kind: str, title: str | None, level: str) -> None:
    """Write rules/‹product›/NAME.yml and its cases into the pack, or into an overlay, asking for what isn't given.

    A rule on several events comes with the rules that it refers to, each in a file of its own.

    The case fails until the rule and its events are filled in; `casetrail test NAME` says what is missing.
    """
    from casetrail.pack.pack import Pack

    overlay = ctx.obj.overlay
    folder = ctx.obj.folder
    if not overlay and (ctx.obj.is_fallback or not (folder / "rules").is_dir()):
        where = Path.cwd() if ctx.obj.is_fallback else folder
        raise click.UsageError(
            f"{where} is no pack: make rules/ there, name a pack by --pack or a folder of yours by --overlay"
        )
    pack = Pack.load(folder, overlay=overlay)
    name = name or click.prompt("name, in small letters with underscores")
    source = source or click.prompt("log source", type=click.Choice(list(pack.contracts)))
    title = title or str(name).replace("_", " ").capitalize()
    for path in create(pack, str(name), str(source), title, level, kind):
        click.echo(printable(f"wrote {path}"))
    whose = f"--overlay {overlay}" if overlay else f"--pack {pack.folder}"
    click.echo(f"now fill them in; `casetrail {whose} test {name}` fails until you have")


def create(pack: Pack, name: str, source: str, title: str, level: str, kind: str = "event") -> list[Path]:
    """Write a rule of a kind (of `KINDS`), what it refers to, and its case file, neither of which may be there yet; return their paths.

    Raises PackError for a name that is none, a source without a contract or a file that is there already.
    """
    from jinja2 import Environment, PackageLoader

    from casetrail.pack.files import PackError

    if not (name.isascii() and name.isidentifier() and name == name.lower()):
        raise PackError(f"{name!r} is no rule name: use small letters, digits and underscores, like okta_session_replay")
    if source not in pack.contracts:
        raise PackError(f"no log source definition for {source}; there are {', '.join(pack.contracts)}")
    contract = pack.contracts[source]
    facts: dict[str, object] = {
        "title": title,
        "level": level,
        "today": datetime.now(UTC).date().isoformat(),
        "contract": contract,
        "event_field": contract.event_type.path if contract.event_type else next(iter(contract.fields)),
        "account": next(iter(contract.pivots.get("account", ())), "FILL-IN"),
    }
    top = pack.tops[0]
    templates = Environment(loader=PackageLoader("casetrail", "templates"), keep_trailing_newline=True, autoescape=False)  # noqa: S701

    def written(template: str, folder: str, called: str, **more: object) -> tuple[Path, bytes]:
        told = {**facts, "name": called, "id": str(uuid.uuid4()), **more}
        return top / folder / contract.folder / f"{called}.yml", templates.get_template(template).render(told).encode()

    made = [written("cases.yml.j2", "fixtures", name)]
    correlation = KINDS[kind]
    if correlation is None:
        made.insert(0, written("rule.yml.j2", "rules", name))
    else:
        bases = [f"{name}_{ending}" for ending in correlation.bases]
        shown = replace(correlation, condition=correlation.condition.format(*bases))
        made.insert(0, written("correlation.yml.j2", "rules", name, kind=shown, bases=bases))
        made += [
            written("rule.yml.j2", "rules", base, title=f"{title}: {base.rpartition('_')[2]}", level="low") for base in bases
        ]
    try:
        create_all(dict(made))
    except FileExistsError as error:
        raise PackError(f"{error.filename}: already there; choose another name") from error
    except OSError as error:
        raise PackError(f"{error.filename}: {of_os(error)}") from error
    return [path for path, _ in made]

"""`casetrail new`: a rule and its cases, with what is still to be said named by a failing test."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.reading.files import create_all
from casetrail.reading.spelled import printable
from casetrail.sigma.levels import LEVELS

if TYPE_CHECKING:
    from casetrail.pack.pack import Pack


@click.command(epilog="Example: casetrail --pack . new okta_factor_reset_by_help_desk --source okta/okta")
@click.argument("name", required=False)
@click.option("--source", help="The log source, as product/service.")
@click.option("--title", help="A title of a few words.")
@click.option("--level", type=click.Choice(LEVELS), default="medium")
@click.pass_context
def command(ctx: click.Context, name: str | None, source: str | None, title: str | None, level: str) -> None:
    """Write rules/‹product›/NAME.yml and its cases into the pack, or into an overlay, asking for what isn't given.

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
    for path in create(pack, str(name), str(source), title, level):
        click.echo(printable(f"wrote {path}"))
    whose = f"--overlay {overlay}" if overlay else f"--pack {pack.folder}"
    click.echo(f"now fill them in; `casetrail {whose} test {name}` fails until you have")


def create(pack: Pack, name: str, source: str, title: str, level: str) -> list[Path]:
    """Write a rule and its case file, neither of which may be there yet; return their paths.

    Raises PackError for a name that is none, a source without a contract or a file that is there already.
    """
    from jinja2 import Environment, PackageLoader

    from casetrail.pack.files import PackError

    if not (name.isascii() and name.isidentifier() and name == name.lower()):
        raise PackError(f"{name!r} is no rule name: use small letters, digits and underscores, like okta_session_replay")
    if source not in pack.contracts:
        raise PackError(f"no log source definition for {source}; there are {', '.join(pack.contracts)}")
    contract = pack.contracts[source]
    facts: Mapping[str, object] = {
        "name": name,
        "title": title,
        "level": level,
        "id": str(uuid.uuid4()),
        "today": datetime.now(UTC).date().isoformat(),
        "contract": contract,
        "event_field": contract.event_type.path if contract.event_type else next(iter(contract.fields)),
    }
    templates = Environment(loader=PackageLoader("casetrail", "templates"), keep_trailing_newline=True, autoescape=False)  # noqa: S701
    top = pack.overlay.folder if pack.overlay and pack.overlay.folder else pack.folder
    paths = {
        "rule.yml.j2": top / "rules" / contract.folder / f"{name}.yml",
        "cases.yml.j2": top / "fixtures" / contract.folder / f"{name}.yml",
    }
    try:
        create_all({path: templates.get_template(name).render(facts).encode() for name, path in paths.items()})
    except FileExistsError as error:
        raise PackError(f"{error.filename}: already there; choose another name") from error
    except OSError as error:
        raise PackError(f"{error.filename}: {error.strerror}") from error
    return list(paths.values())

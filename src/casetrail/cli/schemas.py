"""`casetrail schemas`: the JSON schemas of a pack's files, for editors."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from casetrail.cli.show.terminal import table
from casetrail.reading.spelled import json_text, printable

FILES: dict[str, tuple[str, ...]] = {
    "rule": ("rules/**/*.yml", "filters/**/*.yml"),
    "cases": ("fixtures/*/*.yml",),
    "event": ("fixtures/events/**/*.yml",),
    "incident": ("fixtures/incidents/*/incident.yml",),
    "incident_events": ("fixtures/incidents/*.yml",),
    "redteam": ("fixtures/redteam/**/*.yml",),
    "contract": ("logsources/*.yml",),
    "watchlists": ("watchlists/watchlists.yml",),
    "backend": ("backends/*/*.yml",),
    "stored": ("backends/*/stored/*.yml",),
    "settings": ("casetrail.yml",),
}
"""The files of a pack that each schema is for."""


@click.command(epilog="Example: casetrail schemas --vscode > .vscode/settings.json")
@click.option("--vscode", is_flag=True, help="Print the settings of VS Code (extension redhat.vscode-yaml) that name them.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option(
    "--for",
    "own",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A pack: write schemas that know its names into its .casetrail/, and list those.",
)
def command(vscode: bool, as_json: bool, own: Path | None) -> None:
    """List the JSON schemas of a pack's files, which come with casetrail, and the files that each is for.

    With --for, those of rules and cases are made for one pack: an editor then completes its logs, fields, kinds of events, rules and
    watchlists. They are written into .casetrail/ there; write them again when the pack has changed.
    """
    if vscode and as_json:
        raise click.UsageError("choose --vscode or --json")
    known = {**schemas(), **(made_for(own) if own else {})}
    if vscode:
        click.echo(json_text({"yaml.schemas": {path.as_uri(): list(FILES[name]) for name, path in known.items()}}, 2))
    elif as_json:
        rows = [{"name": name, "path": str(path), "files": FILES[name]} for name, path in known.items()]
        click.echo(json_text(rows))
    else:
        for line in table([{"schema": str(path), "files": ", ".join(FILES[name])} for name, path in known.items()]):
            click.echo(printable(line))


def made_for(folder: Path) -> dict[str, Path]:
    """Write the schemas made for a pack into its `.casetrail/`; where they lie, by name. Raises PackError."""
    from casetrail.pack.completion import pack_schemas
    from casetrail.pack.pack import Pack
    from casetrail.reading.files import replace

    place = folder.resolve() / ".casetrail"
    place.mkdir(exist_ok=True)
    made = {name: place / f"{name}.schema.json" for name in ("rule", "cases")}
    for name, content in pack_schemas(Pack.load(folder)).items():
        replace(made[name], content)
    return made


def schemas() -> dict[str, Path]:
    """Where the schemas lie, by name."""
    folder = Path(str(files("casetrail.schemas")))
    return {name: path for name in FILES if (path := folder / f"{name}.schema.json").is_file()}

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
def command(vscode: bool, as_json: bool) -> None:
    """List the JSON schemas of a pack's files, which come with casetrail, and the files that each is for."""
    if vscode and as_json:
        raise click.UsageError("choose --vscode or --json")
    known = schemas()
    if vscode:
        click.echo(json_text({"yaml.schemas": {path.as_uri(): list(FILES[name]) for name, path in known.items()}}, 2))
    elif as_json:
        rows = [{"name": name, "path": str(path), "files": FILES[name]} for name, path in known.items()]
        click.echo(json_text(rows))
    else:
        for line in table([{"schema": str(path), "files": ", ".join(FILES[name])} for name, path in known.items()]):
            click.echo(printable(line))


def schemas() -> dict[str, Path]:
    """Where the schemas lie, by name."""
    folder = Path(str(files("casetrail.schemas")))
    return {name: path for name in FILES if (path := folder / f"{name}.schema.json").is_file()}

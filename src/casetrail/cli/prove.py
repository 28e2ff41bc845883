"""`casetrail prove`: each rule on each engine."""

from __future__ import annotations

import os
from pathlib import Path

import click

from casetrail.proof.provers import PROVERS, ProofSetup
from casetrail.reading.files import replace
from casetrail.reading.spelled import json_text, printable


@click.command(epilog="Example: casetrail prove --engine duckdb --engine elasticsearch")
@click.argument("rules", nargs=-1)
@click.option(
    "--engine", "names", multiple=True, type=click.Choice(list(PROVERS)), help="An engine; all of them if not given."
)
@click.option("--target", help="Another backend for the engine, such as one of your own; with one --engine.")
@click.option("--url", help="Your own cluster instead of a node of ours; with --engine elasticsearch or opensearch.")
@click.option("--api-key-env", metavar="NAME", help="The environment variable that holds Elasticsearch's API key.")
@click.option("--api-key-file", type=click.Path(path_type=Path), help="The file that holds it.")
@click.option("--user", help="The user of an OpenSearch cluster.")
@click.option("--password-env", metavar="NAME", help="The environment variable that holds that user's password.")
@click.option("--ca", type=click.Path(path_type=Path), help="The certificate authority to trust, as a PEM file.")
@click.option("--json", "as_json", is_flag=True, help="Print the proof as JSON.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JUnit XML to this file.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page to this file.")
@click.pass_context
def command(
    ctx: click.Context,
    rules: tuple[str, ...],
    names: tuple[str, ...],
    target: str | None,
    url: str | None,
    api_key_env: str | None,
    api_key_file: Path | None,
    user: str | None,
    password_env: str | None,
    ca: Path | None,
    as_json: bool,
    junit: Path | None,
    markdown: Path | None,
) -> None:
    """Run the cases of RULES, or of all rules, on every engine, and show where they agree.

    What is missing is fetched once and kept in the user's cache (CASETRAIL_CACHE moves it); an engine that can't be had here is left
    out by name. With --url the events of the cases go into indexes of a random name on your own cluster, which are removed at the end, on
    Ctrl-C too. What a killed proof left there, casetrail-<12 hex>-<number>-casetrail-<12 hex>, the next one removes after a day and names
    before. Exits 0 when no engine disagrees, 1 when one does, 2 on an error, when a case couldn't be run, or when no engine could be had.
    """
    from casetrail.cli.show.left_out import compiled
    from casetrail.cli.show.proof import Proof, as_junit, markdown_page, show
    from casetrail.cli.show.terminal import say
    from casetrail.pack.cases import case_files
    from casetrail.proof.matrix import Standing
    from casetrail.proof.run import with_other_numbers

    if (target or url) and len(names) != 1:
        raise click.UsageError("--target and --url go with one --engine")
    if url and not PROVERS[names[0]].cluster:
        raise click.UsageError(f"--url: {names[0]} is no cluster; take --engine elasticsearch or opensearch")
    pack = ctx.obj.judging().load()
    where = (
        ProofSetup(pack, target, url, *_secrets(api_key_env, api_key_file, user, password_env), ca)
        if url
        else ProofSetup(pack, target)
    )
    wanted = [pack.rules.named(name).name for name in rules]
    files = compiled(pack, case_files(pack, wanted))
    if not files:
        say(printable(f"{pack.folder}: no cases are there to prove: nothing was proven"))
    others = with_other_numbers(pack, files)
    if others:
        say(f"with the numbers of the pack, not yours: {', '.join(others)}")
    proof = Proof(pack, files)
    for name in (names or PROVERS) if files else ():
        proof.run(name, where)
    if junit:
        replace(junit, as_junit(proof.cells))
    if markdown:
        replace(markdown, markdown_page(proof).encode())
    if as_json:
        click.echo(json_text(proof.record()))
    elif files:
        show(proof)
    standings = {cell.standing for cell in proof.cells}
    if (files and not proof.versions) or Standing.FAILED in standings:
        ctx.exit(2)
    ctx.exit(1 if Standing.DISAGREES in standings else 0)


def _secrets(
    key_env: str | None, key_file: Path | None, user: str | None, password_env: str | None
) -> tuple[str | None, tuple[str, str] | None]:
    """The API key, and user and password, from where they are kept. Raises ClusterError when there is none in it."""
    from casetrail.engines.cluster import ClusterError
    from casetrail.engines.connect import secret

    if (user is None) is not (password_env is None):
        raise click.UsageError("--user and --password-env go together")
    password = os.environ.get(password_env or "")
    if password_env and not password:
        raise ClusterError(f"the environment variable {password_env} holds no password")
    return secret(key_env, key_file), (user, password) if user and password else None

"""`casetrail release`: a build as one archive to hand out."""

from __future__ import annotations

from pathlib import Path

import click

from casetrail.reading.spelled import printable


@click.command(epilog="Example: casetrail release -o release --wheel dist/casetrail-0.1.0-py3-none-any.whl")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=Path("release"), show_default=True)
@click.option("--wheel", type=click.Path(path_type=Path, dir_okay=False), help="A wheel of casetrail to put in as well.")
@click.pass_context
def command(ctx: click.Context, output: Path, wheel: Path | None) -> None:
    """Build every target into a zip archive in OUTPUT, with its manifest, SHA256SUMS and a bill of materials (CycloneDX).

    The same pack, casetrail and installed packages give the same bytes. Needs the extra `release`.
    """
    from casetrail.build.release import release
    from casetrail.build.targets import build
    from casetrail.pack.files import PackError
    from casetrail.reading.files import replace

    try:
        from casetrail.build.sbom import sbom
    except ModuleNotFoundError as error:
        raise PackError(f"{error.name} is missing; `pip install 'casetrail[release]'` brings it") from error

    pack = ctx.obj.judging().load()
    pack.require_meaning()
    held = (wheel.name, wheel.read_bytes()) if wheel else None
    files = release(build(pack).files, sbom(), held)
    output.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        replace(output / name, content)
        click.echo(printable(f"{output / name}  {len(content):,} bytes"))

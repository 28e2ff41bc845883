"""`casetrail lint`: what a finding means, why it matters and how to mend it."""

from __future__ import annotations

import click


@click.command(epilog="Example: casetrail lint CT109")
@click.argument("code")
def command(code: str) -> None:
    """Explain a finding of `casetrail check` by its CODE or its name: what it is, why it matters, a wrong and a right example."""
    from casetrail.check.lints import catalogue
    from casetrail.reading.suggest import suggestion

    known = catalogue()
    lint = next((each for each in known.values() if code.lower() in (each.code.lower(), each.name)), None)
    if lint is None:
        words = [word for each in known.values() for word in (each.code, each.name)]
        raise click.UsageError(
            f"no lint is named {code}{suggestion(code.upper(), words) or '; `casetrail list lints` shows them'}"
        )
    click.echo(f"{lint.code} {lint.name} ({lint.grade}): {lint.message}\n\n{lint.why}")
    for title, text in (("wrong", lint.wrong), ("right", lint.right)):
        if text.strip():
            click.echo(f"\n{title}:\n" + "\n".join(f"    {line}" for line in text.rstrip().splitlines()))
    if lint.fix:
        click.echo(f"\n`casetrail check --fix` {lint.fix}.")

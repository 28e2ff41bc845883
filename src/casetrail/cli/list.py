"""`casetrail list`: what a pack holds."""

from __future__ import annotations

import json
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from casetrail.pack.pack import Pack, Rule
from casetrail.plan.nodes import sources


@click.command(epilog="Example: casetrail list rules --json")
@click.argument("what", type=click.Choice(["rules", "sources", "watchlists"]), default="rules")
@click.option("--product", help="Only rules of this product, such as okta.")
@click.option("--story", help="Only rules of this story, such as session-replay.")
@click.option("--level", help="Only rules of this level.")
@click.option("--tag", help="Only rules with this tag, such as attack.t1539.")
@click.option("--target", help="Only rules that this target holds, such as elastic.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    what: str,
    product: str | None,
    story: str | None,
    level: str | None,
    tag: str | None,
    target: str | None,
    as_json: bool,
) -> None:
    """List what a pack holds: rules, sources or watchlists. The options choose among the rules."""
    pack = ctx.obj.load()
    chosen = Chosen(product, story, level, tag, target)
    rows = _rules(pack, chosen) if what == "rules" else {"sources": _sources, "watchlists": _watchlists}[what](pack)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row.values()))
    Console().print(table)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rules are wanted; None for any."""

    product: str | None
    story: str | None
    level: str | None
    tag: str | None
    target: str | None

    def __contains__(self, rule: Rule) -> bool:
        products = {source.partition("/")[0] for source in sources(rule.plan)} if rule.plan else set()
        return (
            (self.product is None or self.product in products)
            and (self.story is None or self.story == rule.own.get("story"))
            and (self.level is None or self.level == rule.level)
            and (self.tag is None or self.tag.lower() in [str(tag).lower() for tag in rule.sigma.tags or []])
        )


def _rules(pack: Pack, chosen: Chosen) -> list[dict[str, object]]:
    rules = [rule for rule in pack.rules.values() if rule.alone and rule in chosen]
    if chosen.target:
        from casetrail.packages.targets import build

        held = set(build(pack, [chosen.target]).rules[chosen.target])
        rules = [rule for rule in rules if rule.name in held]
    return [
        {
            "rule": rule.name,
            "story": rule.own.get("story", ""),
            "level": rule.level,
            "kind": getattr(getattr(rule.sigma, "type", None), "name", "search").lower(),
            "title": rule.sigma.title,
        }
        for rule in rules
    ]


def _sources(pack: Pack) -> list[dict[str, object]]:
    return [
        {"source": contract.key, "title": contract.title, "fields": len(contract.fields)}
        for contract in pack.contracts.values()
    ]


def _watchlists(pack: Pack) -> list[dict[str, object]]:
    return [{"watchlist": name, "values": len(values)} for name, values in pack.watchlists.items()]

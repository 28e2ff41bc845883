"""`casetrail list`: what a pack holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from casetrail.cli.show.terminal import table
from casetrail.reading.spelled import json_text, printable
from casetrail.sigma.levels import LEVELS

if TYPE_CHECKING:
    from casetrail.pack.pack import Pack
    from casetrail.pack.rules import Rule


@click.command(epilog="Example: casetrail list --product okta --level high")
@click.argument("what", type=click.Choice(["rules", "sources", "fields", "watchlists", "lints"]), default="rules")
@click.argument("source", required=False)
@click.option("--product", help="Only rules on this product or log, such as okta, google_workspace or realtime.")
@click.option("--story", help="Only rules of this story, such as session-replay.")
@click.option("--level", type=click.Choice(LEVELS), help="Only rules of this level.")
@click.option("--tag", help="Only rules with this tag, such as t1539; a technique stands for its sub-techniques too.")
@click.option("--target", help="Only rules that this target holds, such as elastic.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    what: str,
    source: str | None,
    product: str | None,
    story: str | None,
    level: str | None,
    tag: str | None,
    target: str | None,
    as_json: bool,
) -> None:
    """List what a pack holds: rules, log sources, the fields of a SOURCE, watchlists, or the lints of `casetrail check`.

    The options choose among the rules: those that all of them want.
    """
    chosen = Chosen(product, story, level, tag, target)
    if what != "rules" and chosen != Chosen():
        raise click.UsageError(f"the options choose among rules, not {what}")
    if (what == "fields") != (source is not None):
        raise click.UsageError("name the source of the fields, as in `casetrail list fields okta/okta`")
    pack = ctx.obj.load()
    if source is not None:
        rows = _fields(pack, source)
    elif what == "rules":
        rows = _rules(pack, chosen)
    else:
        rows = {"sources": _sources, "watchlists": _watchlists, "lints": _lints}[what](pack)
    if as_json:
        click.echo(json_text(rows))
        return
    for line in table(rows):
        click.echo(printable(line))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rules are wanted; None for any."""

    product: str | None = None
    story: str | None = None
    level: str | None = None
    tag: str | None = None
    target: str | None = None

    def __contains__(self, rule: Rule) -> bool:
        return (
            (self.product is None or self.product in _products(rule))
            and (self.story is None or self.story == rule.own.get("story"))
            and (self.level is None or self.level == rule.level)
            and (self.tag is None or any(_is_of(tag, self.tag) for tag in rule.sigma.tags or []))
        )

    def strangers(self, rules: list[Rule]) -> Iterator[str]:
        """What is wanted and no rule has, each in words."""
        known = {
            "product": (self.product, {product for rule in rules for product in _products(rule)}),
            "story": (self.story, {rule.own["story"] for rule in rules if "story" in rule.own}),
        }
        for name, (wanted, there) in known.items():
            if wanted is not None and wanted not in there:
                yield f"no rule is of the {name} {wanted}; there are {', '.join(sorted(there)) or 'none'}"


def _products(rule: Rule) -> set[str]:
    """The products of a rule's logs, by the names of their contracts and of their services (`google_workspace.chrome`)."""
    from casetrail.plan.nodes import sources

    found = sources(rule.plan) if rule.plan else ()
    return {name for source in found for name in (source.partition("/")[0], source.partition("/")[2].partition(".")[0])}


def _is_of(tag: object, wanted: str) -> bool:
    name, sought = (str(text).lower().removeprefix("attack.") for text in (tag, wanted))
    return name == sought or name.startswith(f"{sought}.")


def _rules(pack: Pack, chosen: Chosen) -> list[dict[str, object]]:
    alone = [rule for rule in pack.rules.values() if rule.alone]
    for stranger in chosen.strangers(alone):
        raise click.UsageError(stranger)
    rules = [rule for rule in alone if rule in chosen]
    if chosen.target:
        from casetrail.build.targets import build

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


def _fields(pack: Pack, source: str) -> list[dict[str, object]]:
    if source not in pack.contracts:
        raise click.UsageError(f"no log source definition for {source}; there are {', '.join(pack.contracts)}")
    contract = pack.contracts[source]
    return [
        {
            "field": field.path,
            "type": str(field.type),
            "values": "many" if field.many else "one",
            "case": "exact" if field.exact else "any",
            "note": contract.notes.get(field.path, ""),
        }
        for field in contract.fields.values()
    ]


def _lints(_: Pack) -> list[dict[str, object]]:
    from casetrail.check.lints import catalogue

    return [
        {"code": lint.code, "lint": lint.name, "severity": lint.severity, "message": lint.message}
        for lint in catalogue().values()
    ]

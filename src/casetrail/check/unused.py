"""What of an overlay hits nothing: a rule that is gone, a table that no rule reads, a list that nobody asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule

from casetrail.logs.contract import parse_span
from casetrail.pack.overlay import Overlay
from casetrail.pack.pack import Pack
from casetrail.pack.thresholds import Unused
from casetrail.reading.suggest import suggestion
from casetrail.reading.yaml import START

_KINDS = ("options", "clocks", "generations")


def unused(pack: Pack) -> tuple[Unused, ...]:
    """The entries of a pack's overlay that hit nothing, thresholds first. Raises PackError when a rule can't be read."""
    return (*pack.unused, *_entries(pack))


def _entries(pack: Pack) -> Iterator[Unused]:
    overlay = pack.overlay
    if overlay is None:
        return
    by_rule = {
        ("levels",): overlay.levels,
        ("disabled",): overlay.disabled,
        ("intervals", "rules"): overlay.intervals.get("rules", {}),
    }
    for part, entries in by_rule.items():
        for name in entries:
            why = _no_alert(name, pack, overlay)
            if why:
                yield overlay.at(f"{part[0]}: {why}", *part, name)
    yield from _filters(pack, overlay)
    yield from _lists(pack, overlay)
    for target, settings in overlay.targets.items():
        yield from _target(target, settings, pack, overlay)


def _no_alert(name: str, pack: Pack, overlay: Overlay) -> str:
    if name not in pack.rules:
        return f"no rule is named {name}{suggestion(name, pack.rules)}"
    if not pack.rules[name].alone and name not in overlay.disabled:
        return f"{name} is only the base of other rules and no alert by itself"
    bare = pack.bare.rules
    if name in bare and not bare[name].alone:
        return f"{name} is only the base of other rules and no alert by itself"
    return ""


def _filters(pack: Pack, overlay: Overlay) -> Iterator[Unused]:
    made = {name: rule.sigma for name, rule in pack.rules.items()}
    for path in overlay.own_files():
        for document in pack.sources[path]:
            if "filter" in document.data:
                for _, message in filter_faults(document.data, made):
                    yield Unused(path, document.position(["filter"]), message)


def filter_faults(
    document: Mapping[str, Any], rules: Mapping[str, SigmaRule | SigmaCorrelationRule]
) -> Iterator[tuple[str, str]]:
    """Why a Sigma filter doesn't reach the rules that it names: what it is about, and the reason.

    rules: by name.
    """
    body = document["filter"]
    wanted = body.get("rules", []) if isinstance(body, dict) else []
    log = document.get("logsource")
    log = log if isinstance(log, dict) else {}
    condition = str(body.get("condition", "")) if isinstance(body, dict) else ""
    if condition and not re.search(r"\bnot\b", condition):
        yield "condition", f"without `not` it lets through only what it describes: write condition: not {condition}"
    for name in map(str, wanted if isinstance(wanted, list) else [wanted]):
        if name.lower() == "any":
            if isinstance(wanted, list):
                yield name, "in a list it is a rule's name: write rules: any, without brackets"
            elif not any(isinstance(rule, SigmaRule) and not _other(log, rule) for rule in rules.values()):
                yield "logsource", "no rule has this log source"
            continue
        rule = next((rule for key, rule in rules.items() if name in (key, str(rule.id))), None)
        if rule is None:
            yield name, f"no rule is named {name}{suggestion(name, rules)}"
        elif isinstance(rule, SigmaCorrelationRule):
            bases = ", ".join(each.reference for each in rule.rules or [])
            yield (
                name,
                f"{name} is a correlation, which Sigma's filters ignore: filter the rules that it references, {bases}",
            )
        elif _other(log, rule):
            yield "logsource", f"{name} has another log source"


def _other(log: Mapping[str, Any], rule: SigmaRule) -> bool:
    return any(log.get(part) not in (None, getattr(rule.logsource, part)) for part in ("product", "service", "category"))


def _lists(pack: Pack, overlay: Overlay) -> Iterator[Unused]:
    mine = [text for path in overlay.own_files() for document in pack.sources[path] for text in document.texts([])]
    for path in sorted(overlay.lists.glob("*.csv")):
        if path.stem not in pack.bare.watchlists and not any(f"%{path.stem}%" in text for text in mine):
            known = suggestion(path.stem, pack.bare.watchlists)
            yield Unused(path, START, f"the pack has no watchlist of that name, and no rule of yours uses it{known}")


def _target(target: str, settings: Mapping[str, Any], pack: Pack, overlay: Overlay) -> Iterator[Unused]:
    from casetrail.pack.backend import backend_folder, backend_of, settings_of

    folder = backend_folder(pack, target)
    if not (folder / "backend.yml").is_file():
        known = [path.parent.name for path in folder.parent.glob("*/backend.yml")]
        yield overlay.at(f"targets: no target is named {target}{suggestion(target, known)}", "targets", target)
        return
    main = settings_of(folder)
    for kind in _KINDS:
        for name in settings.get(kind, {}):
            if name not in main.get(kind, {}):
                hint = suggestion(name, main.get(kind, {}))
                yield overlay.at(f"targets: {target} has no {name} among its {kind}{hint}", "targets", target, kind, name)
    shortest = main.get("clocks", {}).get("shortest_interval")
    for name in ("interval", "slow_interval"):
        told = settings.get("clocks", {}).get(name)
        if shortest and told and parse_span(told) < parse_span(shortest):
            message = f"targets: {target} runs no search more often than every {shortest}, and {name} is {told}"
            yield overlay.at(message, "targets", target, "clocks", name)
    stores = backend_of(pack, target, {"generations": settings.get("generations", {})}).stores
    for source in settings.get("stores", {}):
        if source not in stores:
            message = f"targets: {target} has no log {source}{suggestion(source, stores)}"
            yield overlay.at(message, "targets", target, "stores", source)

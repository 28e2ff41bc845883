"""What an overlay changes of the rules that it is laid over, told one by one: nothing of it may weaken a rule in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from casetrail.logs.contract import parse_span
from casetrail.pack.backend import backend_folder, backend_of, settings_of
from casetrail.pack.files import Files
from casetrail.pack.overlay import Overlay
from casetrail.pack.pack import Pack
from casetrail.pack.sources import Sources
from casetrail.pack.thresholds import with_thresholds_of
from casetrail.plan.covers import covers
from casetrail.plan.inactive import inactive
from casetrail.plan.nodes import Plan
from casetrail.plan.words import span_words
from casetrail.schedule.schedule import schedule
from casetrail.sigma.levels import LEVELS
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

EVERY = "*"
_CONNECTION = ("options", "generations")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise for a rule (`*`: for all that a target reads there).

    weakens: whether the rule may find less, or tell of it later or more quietly. What can't be shown to find as much counts so.
    """

    rule: str
    what: str
    was: str
    now: str
    weakens: bool

    def record(self) -> dict[str, object]:
        return {"rule": self.rule, "what": self.what, "from": self.was, "to": self.now, "weakens": self.weakens}


def changes(pack: Pack, targets: Iterable[str] = ()) -> list[Change]:
    """All that a pack's overlay changes: of the rules, and of the targets. Raises PackError."""
    if pack.overlay is None:
        return []
    found = [*_switched(pack, pack.overlay), *_own(pack, pack.overlay), *_meant(pack, pack.overlay)]
    for target in targets:
        found += _connected(target, pack, pack.overlay.targets.get(target, {}))
        found += _paced(pack, backend_of(pack, target))
        found += _dropped(pack, backend_of(pack.bare, target), backend_of(pack, target))
    return found


def _switched(pack: Pack, overlay: Overlay) -> Iterator[Change]:
    for name, rule in pack.bare.rules.items():
        if not rule.alone:
            continue
        if name in overlay.disabled:
            yield Change(name, "disabled", "on", f"off: {overlay.disabled[name]}", True)
        wanted = overlay.levels.get(name, rule.level)
        if wanted != rule.level:
            yield Change(name, "level", rule.level, wanted, LEVELS.index(wanted) < LEVELS.index(rule.level))


def _own(pack: Pack, overlay: Overlay) -> Iterator[Change]:
    for name, rule in pack.rules.items():
        if rule.alone and overlay.folder and overlay.holds(rule.path):
            yield Change(name, "own rule", "", rule.path.relative_to(overlay.folder).as_posix(), False)


def _meant(pack: Pack, overlay: Overlay) -> Iterator[Change]:
    """Lists, thresholds and filters, one laid over the other, so that what two of them do together is seen as well."""
    below = pack.bare
    for what, was, now, above in _steps(pack, overlay):
        for name, rule in pack.bare.rules.items():
            old, new = below.rules[name].plan, above.rules[name].plan
            if rule.alone and old is not None and old != new:
                yield Change(name, what, was, now, not inactive(old) and (new is None or not covers(new, old)))
        below = above


def _steps(pack: Pack, overlay: Overlay) -> Iterator[tuple[str, str, str, Pack]]:
    below = pack.bare
    filled_first = sorted(pack.watchlists.items(), key=lambda item: bool(pack.bare.watchlists.get(item[0])))
    for name, values in filled_first:
        old = below.watchlists.get(name, ())
        if old != values:
            below = below.with_watchlists({name: values})
            if name in pack.bare.watchlists:
                yield f"watchlist {name}", _values(old), _values(values), below
    for document in Files().read(overlay.thresholds) if overlay.thresholds.is_file() else ():
        for name, wanted in document.data.items():
            for key, value in wanted.items() if isinstance(wanted, Mapping) else ():
                sources, unused = with_thresholds_of(below.sources, document, {name: {key: value}})
                if not unused:
                    was = _number(below, name, key)
                    below = replace(below, sources=sources)
                    yield f"{key} of {name}", was, str(value), below
    for path in overlay.own_files():
        filters = tuple(document for document in pack.sources[path] if "filter" in document.data)
        if filters and overlay.folder:
            below = replace(below, sources=Sources({**below.sources, path: filters}))
            yield "filter", "", path.relative_to(overlay.folder).as_posix(), below


def _values(values: tuple[str, ...]) -> str:
    return f"{len(values)} value{'' if len(values) == 1 else 's'}"


def _number(pack: Pack, name: str, key: str) -> str:
    correlation: Mapping[str, Any] = pack.rules[name].meta["correlation"]
    if key == "timespan":
        return str(correlation["timespan"])
    return next(str(value) for op, value in correlation["condition"].items() if op != "field")


def _connected(target: str, pack: Pack, own: Mapping[str, Any]) -> Iterator[Change]:
    folder = backend_folder(pack, target)
    main = settings_of(folder)
    for kind in _CONNECTION:
        for name, value in own.get(kind, {}).items():
            if name in main.get(kind, {}) and main[kind][name] != value:
                yield Change(EVERY, f"{target}: {kind.removesuffix('s')} {name}", main[kind][name], value, True)
    for name, value in own.get("clocks", {}).items():
        known = main.get("clocks", {}).get(name)
        if known is not None and known != value:
            weakens = name not in ("interval", "slow_interval") or parse_span(value) > parse_span(known)
            yield Change(EVERY, f"{target}: {name}", known, value, weakens)
    yield from _moved(target, pack, own)


def _paced(pack: Pack, backend: Backend) -> Iterator[Change]:
    for name in pack.intervals:
        rule = pack.rules[name]
        if rule.alone and rule.plan is not None:
            was = _interval(rule.plan, replace(backend, intervals={}), pack)
            now = _interval(rule.plan, backend, pack)
            if was and was != now:
                words = span_words(now) if now else "unsupported"
                yield Change(name, f"{backend.name}: interval", span_words(was), words, not now or now > was)


def _dropped(pack: Pack, before: Backend, after: Backend) -> Iterator[Change]:
    """The rules that a target can't search for any more, for another reason than an interval of their own."""
    for name, rule in pack.bare.rules.items():
        plan = pack.rules[name].plan if name in pack.rules and name not in pack.intervals else None
        was = _interval(rule.plan, before, pack.bare) if rule.alone and rule.plan is not None and plan is not None else None
        if was is not None and plan is not None and _interval(plan, after, pack) is None:
            yield Change(name, f"{after.name}: search", "there", "unsupported", True)


def _interval(plan: Plan, backend: Backend, pack: Pack) -> int | None:
    try:
        return schedule(plan, backend, pack.contracts).interval
    except UnsupportedError:
        return None


def _moved(target: str, pack: Pack, own: Mapping[str, Any]) -> Iterator[Change]:
    before = backend_of(pack, target, {"generations": own.get("generations", {})}).stores
    after = backend_of(pack, target, own).stores
    for source, store in before.items():
        if store.index != after[source].index:
            yield Change(EVERY, f"{target}: index of {source}", store.index, after[source].index, True)
        if store.only != after[source].only:
            yield Change(EVERY, f"{target}: rows of {source}", _only(store.only), _only(after[source].only), True)


def _only(only: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in only.items()) or "all"

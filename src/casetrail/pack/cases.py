"""Cases: small logs and the events in them that must complete a rule (`fixtures/<product>/<rule>.yml`)."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from casetrail.logs.contract import Contract, parse_span
from casetrail.logs.event import Event, event_of
from casetrail.logs.faults import Faults
from casetrail.logs.read import documents
from casetrail.logs.rows import rows
from casetrail.pack.files import YAML, Files, PackError, shaped, yaml_files
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import sources
from casetrail.plan.values import TIME_FORMATS, format_time
from casetrail.reading.suggest import suggestion
from casetrail.reading.words import in_words

ASIDE = frozenset({"events", "incidents", "redteam"})
"""The folders below `fixtures` that hold no cases of one rule."""
_START = "2026-01-15T09:00:00Z"
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Case:
    """A log made by hand and the ids of the events in it that complete its rule.

    seen_until: the time (microseconds, UTC) up to which the log is known; None when it is all there is.
    watchlists: those that replace the pack's for this case; line: where it stands in its file, from 1.
    """

    rule: str
    name: str
    path: Path
    events: tuple[Event, ...]
    completes: frozenset[str]
    watchlists: Mapping[str, tuple[str, ...]]
    seen_until: int | None = None
    line: int = 1


@dataclass(frozen=True, slots=True)
class EqualMutant:
    """A change of a rule that was shown to change nothing."""

    mutant: str
    reason: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The cases of one rule. watchlists: those that replace the pack's for all cases that don't name their own."""

    rule: str
    path: Path
    cases: tuple[Case, ...]
    equal_mutants: tuple[EqualMutant, ...]
    watchlists: Mapping[str, tuple[str, ...]]


def offset(text: str) -> int:
    """An offset such as `59m`, `1h 1ms` or `-10d` in microseconds. Raises ValueError when it is none."""
    return -parse_span(text[1:]) if text.startswith("-") else parse_span(text.removeprefix("+"))


def steps(path: str) -> list[str | int]:
    """The keys and list indexes of a patch's path (`target[0].displayName`). Raises ValueError when it is none."""
    if _STEP.sub("", path).strip("."):
        raise ValueError(f"{path!r} is no path; write one like target[0].displayName")
    return [name or int(index) for name, index in _STEP.findall(path)]


def _parent(row: Any, path: str) -> tuple[Any, str | int]:
    *way, last = steps(path)
    for number, step in enumerate(way):
        if isinstance(row, dict) and row.get(step) is None:
            following = [*way, last][number + 1]
            row[step] = [] if isinstance(following, int) else {}
        row = row[step]
    return row, last


def _put(row: dict[str, Any], path: str, value: Any) -> None:
    parent, last = _parent(row, path)
    if isinstance(parent, list) and isinstance(last, int) and last == len(parent):
        parent.append(value)
    else:
        parent[last] = value


def patched(row: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a row with `set`, `unset` and `append` of a case's event applied, in this order.

    Raises ValueError, naming the path, where it leads nowhere.
    """
    result: dict[str, Any] = _copied(dict(row))
    for path, value in patch.get("set", {}).items():
        try:
            _put(result, path, _copied(value))
        except (TypeError, IndexError, KeyError) as error:
            raise ValueError(f"set {path}: it leads nowhere in this event") from error
    for path in patch.get("unset", []):
        try:
            parent, last = _parent(result, path)
            del parent[last]
        except (TypeError, IndexError, KeyError) as error:
            raise ValueError(f"unset {path}: it isn't in this event") from error
    for path, value in patch.get("append", {}).items():
        try:
            parent, last = _parent(result, path)
            parent[last] = [*(parent.get(last) or []), _copied(value)]
        except (TypeError, IndexError, KeyError, AttributeError) as error:
            raise ValueError(f"append {path}: it is no list in this event") from error
    return result


def _copied(value: Any) -> Any:
    """A copy of what is read from JSON or YAML, in which nothing but mappings and lists can be changed."""
    match value:
        case dict():
            return {key: _copied(inner) for key, inner in value.items()}
        case list():
            return [_copied(inner) for inner in value]
    return value


@shaped
def read_cases(path: Path, pack: Pack, files: Files | None = None) -> CaseFile:
    """The cases of a file. files: those that were read before.

    Raises PackError, naming the file, the case and the event, when something in it has no meaning.
    """
    files = files or Files()
    (document,) = files.documents(path) or [{}]
    try:
        rule = document["rule"]
        if not isinstance(rule, str):
            raise ValueError(f"rule: {rule!r} is no name")
        lists = _watchlists(document)
        rule = pack.rules.known_as(rule)
        places = files.read(path)[0]
        cases = tuple(
            replace(case_of(rule, item, path, lists, pack, files), line=places.position(["cases", number]).line)
            for number, item in enumerate(document.get("cases", []))
        )
        equal = tuple(EqualMutant(item["mutant"], item["reason"]) for item in document.get("equal_mutants", []))
    except KeyError as error:
        raise PackError(f"{path}: {error.args[0]!r} is missing; run `casetrail check`") from error
    except ValueError as error:
        raise PackError(f"{path}: {in_words(error)}") from error
    return CaseFile(rule, path, cases, equal, lists)


def _watchlists(holder: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(map(str, values)) for name, values in holder.get("watchlists", {}).items()}


def repeated(entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The entries, one with `repeat` as often as it says: `{n}` in its texts counts from 1, `every` lies between two times.

    Raises ValueError for an `every` that is no span.
    """
    for entry in entries:
        if "repeat" not in entry:
            yield entry
            continue
        start, every = offset(str(entry.get("at", "0s"))), parse_span(entry.get("every", "1s"))
        for number in range(int(entry["repeat"])):
            micros = start + number * every
            yield _numbered({**entry, "at": f"{'-' if micros < 0 else ''}{abs(micros) // 1000}ms"}, str(number + 1))


def _numbered(value: Any, number: str) -> Any:
    match value:
        case str():
            return value.replace("{n}", number)
        case dict():
            return {key: _numbered(inner, number) for key, inner in value.items()}
        case list():
            return [_numbered(inner, number) for inner in value]
    return value


def case_of(rule: str, item: Mapping[str, Any], path: Path, lists: Mapping[str, Any], pack: Pack, files: Files) -> Case:
    """The case that an item of a case file describes, with its events made. Raises ValueError, naming the case and the event."""
    start = TIME_FORMATS["iso8601"](str(item.get("start", _START)))
    if start is None:
        raise ValueError(f"case {item['name']!r}: start is no time such as {_START}")
    made: dict[str, tuple[str, dict[str, Any]]] = {}
    events = []
    for entry in repeated(item["events"]):
        where = f"case {item['name']!r}, event {entry.get('id')!r}"
        try:
            event = _event(rule, entry, start, made, path, pack, files)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        made[event.id] = (event.source, dict(event.row))
        events.append(event)
    watchlists = {**lists, **_watchlists(item)}
    until = start + offset(str(item["until"])) if "until" in item else None
    return Case(rule, item["name"], path, tuple(events), frozenset(item["completes"]), watchlists, until)


def _event(
    rule: str,
    entry: Mapping[str, Any],
    start: int,
    made: Mapping[str, tuple[str, dict[str, Any]]],
    path: Path,
    pack: Pack,
    files: Files,
) -> Event:
    if "event" in entry or "file" in entry:
        return _real(rule, entry, start, path, pack)
    source, row = _row(entry, made, path, pack, files)
    contract = pack.contracts.get(source)
    if contract is None:
        raise ValueError(f"no log source definition for {source}")
    time = start + offset(str(entry.get("at", "0s")))
    return Event(entry["id"], time, source, dated(row, contract, entry["id"], time))


def _real(rule: str, entry: Mapping[str, Any], start: int, path: Path, pack: Pack) -> Event:
    """An event as a log has it, pasted or in a file beside the case; its own time and id where the case says no others."""
    document = entry["event"] if "event" in entry else _from_file(str(entry["file"]), path)
    found = next(events_of(rule, document, pack, entry.get("source")), None)
    if found is None:
        raise ValueError(
            "it isn't an event of a log that the rule reads, with a time and what names it; say `source: product/service`"
        )
    row = patched(found.row, entry)
    time = start + offset(str(entry["at"])) if "at" in entry else found.time
    identity = str(entry.get("id", found.id))
    if time != found.time or identity != found.id:
        row = dated(row, pack.contracts[found.source], identity, time)
    return Event(identity, time, found.source, row)


def _from_file(told: str, path: Path) -> object:
    """The document of `events.ndjson#3`: the third of a file beside the case file; the first where no number is told."""
    name, _, number = told.partition("#")
    place = path.parent / name
    top = next((folder for folder in path.parents if folder.name == "fixtures"), path.parent)
    _require_inside(place, top, f"file {told!r}")
    if not place.is_file():
        raise ValueError(f"file {told!r}: there is no {place}")
    wanted = int(number) if number.isdigit() else 1 if not number else 0
    found = next((one for n, (_, one) in enumerate(_opened(documents(place, Faults())), 1) if n == wanted), None)
    if found is None:
        raise ValueError(f"file {told!r}: it has no event of that number; write the file's name, # and a number from 1")
    return found


def _require_inside(place: Path, top: Path, what: str) -> None:
    """Raises ValueError for a file that isn't below the folder where it is looked for."""
    if not Path(os.path.normpath(place)).is_relative_to(os.path.normpath(top)):
        raise ValueError(f"{what}: it lies outside {top}: put the event there")


def _opened(read: Iterable[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    """Documents, and of a list each of its items."""
    for place, document in read:
        if isinstance(document, list):
            yield from ((place, item) for item in document)
        else:
            yield place, document


def events_of(rule: str, document: object, pack: Pack, source: str | None = None) -> Iterator[Event]:
    """The events of a document: of the logs that a rule reads, else of any known log. source: the log of all of them.

    Raises ValueError for a source that isn't there.
    """
    if source is not None and source not in pack.contracts:
        raise ValueError(f"no log source definition for {source}{suggestion(source, pack.contracts)}")
    plan = pack.rules[rule].plan if rule in pack.rules else None
    read = {key: pack.contracts[key] for key in sources(plan)} if plan else {}
    for known in (read, pack.contracts):
        found = [
            event
            for contract, row in rows(document, known, source if source in known else None)
            if (event := event_of(row, contract))
        ]
        if found:
            yield from found
            return


def _row(
    entry: Mapping[str, Any], made: Mapping[str, tuple[str, dict[str, Any]]], path: Path, pack: Pack, files: Files
) -> tuple[str, dict[str, Any]]:
    if "like" in entry:
        if entry["like"] not in made:
            raise ValueError(f"like {entry['like']!r}: no earlier event of this case has this id")
        source, row = made[entry["like"]]
    else:
        places = [folder / f"{entry['from']}{ending}" for folder in pack.events(path) for ending in YAML]
        file = next((file for file in places if file.is_file()), places[0])
        _require_inside(file, next(top for top in pack.events(path) if top in file.parents), f"from {entry['from']!r}")
        if not file.is_file():
            raise ValueError(f"from {entry['from']!r}: there is no {file}{_near(str(entry['from']), path, pack)}")
        (document,) = files.documents(file)
        source, row = document["source"], document["row"]
    return source, patched(row, entry)


def _near(name: str, path: Path, pack: Pack) -> str:
    known = [
        file.relative_to(folder).with_suffix("").as_posix() for folder in pack.events(path) for file in yaml_files(folder)
    ]
    return suggestion(name, known)


def dated(row: Mapping[str, Any], contract: Contract, identity: str, time: int) -> dict[str, Any]:
    """A copy of a row with a time (microseconds since 1970, UTC), and with an identity where one field holds it."""
    made: dict[str, Any] = _copied(dict(row))
    _put(made, contract.time.path, format_time(time, contract.time.time_format))
    if len(contract.identity) == 1:
        _put(made, contract.identity[0].path, identity)
    return made


def case_files(pack: Pack, rules: Collection[str] = ()) -> Sequence[CaseFile]:
    """The case files of some rules of a pack, or of all, in the order of their paths. Raises PackError.

    What is wrong with the cases of another rule doesn't matter.
    """
    files = Files()
    wanted = {pack.rules.known_as(name) for name in rules}
    return [
        read_cases(path, pack, files)
        for path in case_paths(pack, files)
        if not rules or pack.rules.known_as(rule_of(path, files)) in wanted
    ]


def case_paths(pack: Pack, files: Files) -> list[Path]:
    """The case files of a pack, in order: a customer's take the place of the pack's for the same rule."""
    shipped = paths_below(pack.folder)
    if pack.overlay is None or pack.overlay.folder is None:
        return shipped
    own = paths_below(pack.overlay.folder)
    told = {rule_of(path, files) for path in own}
    return [*(path for path in shipped if not told or rule_of(path, files) not in told), *own]


def paths_below(top: Path) -> list[Path]:
    """The case files of a pack's or a customer's folder, in order."""
    folder = top / "fixtures"
    return [path for path in yaml_files(folder) if path.relative_to(folder).parts[0] not in ASIDE]


def rule_of(path: Path, files: Files) -> str:
    """The rule whose cases a file holds; by the file's name where it can't be read."""
    try:
        named = [str(document["rule"]) for document in files.documents(path) if "rule" in document]
    except PackError:
        named = []
    return named[0] if named else path.stem

"""A first log source definition, drafted from a sample: every guess carries a comment that says what it rests on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from casetrail.logs.open import TIMES
from casetrail.logs.sample import Sample, Seen
from casetrail.plan.nodes import Type

_IDS = ("uuid", "eventid", "event_id", "_document_id", "id", "_id", "id_", "logid", "messageid", "requestid", "request_id")
_EVENTS = (
    "eventtype",
    "event_type",
    "eventname",
    "event_name",
    "action",
    "operation",
    "operationname",
    "activity",
    "name",
    "event",
    "eventid",
)
_PIVOTS = {
    "account": re.compile(
        r"(^|\.)(actor|user|username|user_name|email|principal|login|account)$|\.(arn|username|email|login)$|(user|actor)_?name$",
        re.I,
    ),
    "session": re.compile(r"session_?(id)?$|accesskeyid$", re.I),
    "address": re.compile(r"(^|[._])(ip|addr|address)|ip_?addr|ipaddress", re.I),
    "file": re.compile(r"file_?(name|path)|object_?(key|name)$", re.I),
    "record": re.compile(r"(^|\.)(repo|repository|resource|bucketname|bucket_name|record_id)$", re.I),
}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]-]*")
_MARKS = 3


class DraftError(Exception):
    """No definition can be drafted from a sample. The message says why."""


def draft(source: str, sample: Sample) -> str:
    """The text of a log source definition for `product/service`.

    Raises DraftError where the sample has no event, or no field that holds the time.
    """
    product, _, service = source.partition("/")
    if not sample.events:
        raise DraftError(
            "the sample holds no event: give it as NDJSON, JSON, CSV or Parquet with one object or row an event"
        )
    time = _time(sample)
    if time is None:
        raise DraftError(
            "no field of the sample holds a time in every event: write the definition by hand, see docs/log-sources.md"
        )
    return "\n".join(_lines(product, service, sample, time)) + "\n"


def _lines(product: str, service: str, sample: Sample, time: str) -> Iterator[str]:
    kind, identity = _named(_EVENTS, sample, time), _identity(sample, time)
    title = f"{product} {service}".replace("_", " ").replace(".", " ").capitalize()
    yield f"# Drafted from a sample of {_count(sample.events, 'event')}. Each guess says what it rests on: read them."
    yield f"product: {_text(product)}"
    yield "sources:"
    yield f"  - service: {_text(service)}"
    yield f"    title: {_text(title)}"
    yield f"    time: {_text(time)}  # guess: in every event, and its name is one that logs use for the time of the event"
    unique = len(identity) == 1 and identity[0] != time
    why = (
        "another value in every event"
        if unique
        else "no field alone tells events apart; two events with equal values are one"
    )
    yield f"    identity: {_list(identity)}  # guess: {why}"
    if kind:
        count = len(sample.fields[kind].distinct)
        yield f"    event_type: {_text(kind)}  # guess: in every event, {_count(count, 'value')}"
    yield "    detect:  # guess: an event that has all of these is of this log; name what no other log has"
    yield f"      - {_list(_marks(sample, identity, kind, time))}"
    yield "    delay:  # guess: how late an event arrives; measure it, since a later one is missed"
    yield "      typical: 5m"
    yield "      greatest: 1d"
    yield '      basis: "a guess, not measured"'
    yield "    pivots:  # guess by names: what an analyst searches on, best first"
    for name, pattern in _PIVOTS.items():
        yield f"      {name}: {_list(_pivots(sample, pattern, name))}"
    yield "    empty_text: missing  # guess: an empty text stands for no value"
    yield "    envelopes:"
    for path, number in sample.envelopes.most_common():
        yield f"      - {{name: {_text(path or 'bare event')}, rows: {json.dumps(path)}}}  # {_count(number, 'event')} of the sample"
    if "" not in sample.envelopes:
        yield '      - {name: bare event, rows: ""}'
    yield "    fields:"
    for path, seen in sorted(sample.fields.items()):
        if not seen.values and any(other.startswith(f"{path}.") for other in sample.fields):
            continue
        yield f"      {_text(path)}: {{{', '.join(_facts(path, seen, exact=path in (kind, *identity)))}}}{_remark(seen, sample)}"


def _time(sample: Sample) -> str | None:
    always = [path for path in sample.always() if sample.fields[path].format]
    order = {name.lower(): number for number, name in enumerate(TIMES)}
    known = sorted((path for path in always if path.lower() in order), key=lambda path: order[path.lower()])
    return next(iter([*known, *always]), None)


def _named(names: Sequence[str], sample: Sample, time: str) -> str | None:
    found = {path.lower(): path for path in reversed(sample.always()) if path != time}
    there = [found[name] for name in names if name in found]
    return next((path for path in there if len(sample.fields[path].distinct) > 1), next(iter(there), None))


def _identity(sample: Sample, time: str) -> list[str]:
    unique = [path for path in sample.always() if len(sample.fields[path].distinct) == sample.events]
    order = {name: number for number, name in enumerate(_IDS)}
    named = sorted((path for path in unique if path.lower() in order), key=lambda path: order[path.lower()])
    alike = [path for path in unique if sample.fields[path].is_id and re.search(r"id$", path, re.I)]
    told = [*named, *(alike if sample.events > 1 else ())]
    if told:
        return told[:1]
    rest = [path for path in sample.always() if path != time and sample.fields[path].type is Type.TEXT and "." not in path]
    return [time, *rest[:3]]


def _marks(sample: Sample, identity: Sequence[str], kind: str | None, time: str) -> list[str]:
    always = sample.always()
    named = [*identity, *([kind] if kind else []), time]
    others = [path for path in always if path not in named and "." not in path]
    return list(dict.fromkeys([*named, *others[: max(0, _MARKS - len(named))]]))


def _pivots(sample: Sample, pattern: re.Pattern[str], name: str) -> list[str]:
    fits = (Type.ADDRESS,) if name == "address" else (Type.TEXT, Type.INTEGER)
    found = [path for path, seen in sample.fields.items() if seen.type in fits]
    named = [path.replace("[]", "") for path in found if name == "address" or pattern.search(path.replace("[]", ""))]
    return named[:3]


def _facts(path: str, seen: Seen, *, exact: bool) -> Iterator[str]:
    if seen.type is Type.TIME:
        yield f"type: time, format: {seen.format}" if seen.format else "type: text"
    elif seen.type is not Type.TEXT and not exact:
        yield f"type: {seen.type}"
    elif exact or (seen.is_id and re.search(r"(id|uuid|arn|hash)$", path, re.I)):
        yield "case: exact"
    yield "source: sample"


def _remark(seen: Seen, sample: Sample) -> str:
    if not seen.values:
        return "  # no value in the sample, so its type isn't known"
    notes = [] if seen.events == sample.events else [f"in {seen.events} of {_count(sample.events, 'event')}"]
    if seen.type not in (Type.TEXT, Type.BOOLEAN):
        notes.append(
            f"guess: all {seen.values} values read as {seen.type}"
            if seen.values > 1
            else f"guess: its one value reads as {seen.type}"
        )
    return f"  # {'; '.join(notes)}" if notes else ""


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _list(paths: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, paths))}]"


def _text(text: str) -> str:
    """A text as YAML reads it back, within brackets too."""
    words = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
    plain = _PLAIN.fullmatch(text) and "[" not in text and text.lower() not in words
    return text if plain else json.dumps(text)

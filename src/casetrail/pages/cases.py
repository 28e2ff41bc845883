"""The cases of a rule in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from casetrail.reading.markdown import code, plain


def case_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The cases of a file of `fixtures/`: first those that complete the rule, then the near misses, each with its events."""
    cases = document["cases"]
    lists = document.get("watchlists")
    if lists:
        yield f"Under these watchlists: {_lists(lists)}."
        yield ""
    for title, wanted in (("It matches on", True), ("It doesn't match on", False)):
        chosen = [case for case in cases if bool(case["completes"]) is wanted]
        if chosen:
            yield f"**{title}**"
            yield ""
            for case in chosen:
                yield from _case(case)
            yield ""


def _case(case: Mapping[str, Any]) -> Iterator[str]:
    said = [f"watchlists {_lists(case['watchlists'])}"] if "watchlists" in case else []
    said += [f"it begins at {case['start']}"] if "start" in case else []
    said += [f"the log is known up to {case['until']}"] if "until" in case else []
    yield f"- {plain(case['name'])}{f' ({chr(59).join(said)})' if said else ''}"
    for event in case["events"]:
        yield f"  - {_event(event)}"
    if case["completes"]:
        yield f"  - matched by {', '.join(code(str(each)) for each in case['completes'])}"


def _event(event: Mapping[str, Any]) -> str:
    begin = f"like {code(event['like'])}" if "like" in event else code(event["from"])
    said = [begin]
    if "at" in event:
        said.append(f"at {event['at']}")
    if "repeat" in event:
        said.append(f"{event['repeat']} times, every {event.get('every', '1s')}")
    said += [f"{code(path)} is {_value(value)}" for path, value in event.get("set", {}).items()]
    said += [f"{code(path)} has {_value(value)} too" for path, value in event.get("append", {}).items()]
    if event.get("unset"):
        said.append(f"without {', '.join(map(code, event['unset']))}")
    return f"{code(event['id'])}: {', '.join(said)}"


def _value(value: Any) -> str:
    if value == "" or value is None or isinstance(value, bool | list | dict):
        return code(json.dumps(value, ensure_ascii=False, default=str))
    return code(str(value))


def _lists(lists: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{code(name)} holds {', '.join(code(str(value)) for value in values) or 'nothing'}"
        for name, values in lists.items()
    )

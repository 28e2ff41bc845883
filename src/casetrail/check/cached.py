"""The verdict on a pack as it was the last time, where nothing that it depends on has changed."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from casetrail.check.findings import SEVERITIES, Checked, Finding
from casetrail.check.fingerprint import fingerprint
from casetrail.reading.kept import keep, kept
from casetrail.reading.yaml import SHAPE

_KIND = "check"


def examined(
    folder: Path, today: date | None = None, *, overlay: Path | None = None, lists: Path | None = None, cached: bool = True
) -> Checked:
    """What `examine` says, without asking it where the same was asked before of the same files.

    cached: whether a verdict may be taken from the user's cache and kept there.
    """
    before = fingerprint(folder, today, overlay, lists) if cached else None
    content = kept(_KIND, before) if before else None
    known = _read(content) if content else None
    if known is not None:
        return known
    # What it takes to judge a pack takes longer to import than to look whether it must be judged.
    from casetrail.check.check import examine

    with _without_collections():
        found = examine(folder, today, overlay=overlay, lists=lists)
    if before and before == fingerprint(folder, today, overlay, lists):
        keep(_KIND, before, _written(found))
    return found


@contextmanager
def _without_collections() -> Iterator[None]:
    """What a check reads it keeps to its end: looking through that for garbage would be a tenth of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _written(checked: Checked) -> bytes:
    rows = [
        [str(each.path), each.line, each.column, each.code, each.message, each.severity, each.stops]
        for each in checked.findings
    ]
    baseline = None if checked.baseline is None else str(checked.baseline)
    return json.dumps([rows, dict(checked.read), checked.strict, baseline]).encode()


def _read(content: bytes) -> Checked | None:
    """A verdict as it was kept; None where it isn't one."""
    try:
        rows, read, strict, baseline = json.loads(content)
        numbers = {_a(str, name): _a(int, number) for name, number in _a(dict, read).items()}
        place = None if baseline is None else Path(_a(str, baseline))
        return Checked([_finding(*row) for row in _a(list, rows)], numbers, _a(bool, strict), place)
    except SHAPE:
        return None


def _finding(path: Any, line: Any, column: Any, code: Any, message: Any, severity: Any, stops: Any) -> Finding:
    if severity not in SEVERITIES:
        raise ValueError(severity)
    return Finding(
        Path(_a(str, path)), _a(int, line), _a(int, column), _a(str, code), _a(str, message), severity, _a(int, stops)
    )


def _a(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(value)
    return value

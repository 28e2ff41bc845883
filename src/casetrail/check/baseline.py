"""A baseline: the findings that a pack is known to have, so that only new ones are told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from casetrail.check.findings import Checked, Finding
from casetrail.pack.files import PackError, shaped

Known = Counter[tuple[str, str, str]]


@shaped
def read_baseline(path: Path) -> Known:
    """The findings of a file, each as often as it is known. Raises PackError when it can't be read."""
    try:
        told = json.loads(path.read_text("utf-8") or '{"findings": []}')
    except OSError as error:
        message = f"{path}: no baseline can be read there; `casetrail check --write-baseline {path}` makes one"
        raise PackError(message) from error
    return Counter({(row["path"], row["code"], row["message"]): row["times"] for row in told["findings"]})


def unknown(checked: Checked, folder: Path, baseline: Path | None = None) -> Checked:
    """What was found beyond a baseline: the one given, else that of the settings. Raises PackError when it can't be read."""
    place = baseline or checked.baseline
    if place is None:
        return checked
    new, gone = beyond(checked.findings, read_baseline(place), folder)
    return replace(checked, findings=new, known=len(checked.findings) - len(new), gone=gone)


def beyond(findings: Sequence[Finding], known: Known, folder: Path) -> tuple[list[Finding], int]:
    """The findings that aren't known, in order, and how many of the known ones are no more."""
    left = known.copy()
    new = []
    for finding in findings:
        what = _what(finding, folder)
        if left[what] > 0:
            left[what] -= 1
        else:
            new.append(finding)
    return new, sum(left.values())


def baseline(findings: Sequence[Finding], folder: Path) -> bytes:
    """The file that makes all the findings known: paths from the folder, no lines, so that it holds when others come or go."""
    times = Counter(_what(finding, folder) for finding in findings)
    rows = [
        {"path": path, "code": code, "message": message, "times": n} for (path, code, message), n in sorted(times.items())
    ]
    return (json.dumps({"findings": rows}, indent=1, ensure_ascii=False) + "\n").encode()


def _what(finding: Finding, folder: Path) -> tuple[str, str, str]:
    path, top = finding.path.resolve(), folder.resolve()
    inner = path.relative_to(top) if path.is_relative_to(top) else finding.path
    return inner.as_posix(), finding.code, finding.message

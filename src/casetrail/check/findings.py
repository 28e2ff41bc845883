"""What a check found, and the forms in which others take it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from casetrail import __version__
from casetrail.check.lints import catalogue
from casetrail.reading.spelled import json_text, printable, uri

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault: where it is (line and column from 1), its lint's code, and what is wrong.

    stops: how many rules it makes unusable besides the one that it is in; it is no part of what a finding is known again by.
    """

    path: Path
    line: int
    column: int
    code: str
    message: str
    severity: str
    stops: int = 0

    @property
    def told(self) -> str:
        """What is wrong, and what follows from it."""
        return f"{self.message} (makes {self.stops} rule{'s' * (self.stops != 1)} unusable)" if self.stops else self.message

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column} {self.code} {self.told}"


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in the order of their files and places."""

    def place(one: Finding) -> tuple[object, ...]:
        return one.path.parts, one.line, one.column, one.code, one.message

    return sorted(findings, key=place)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, and what it read.

    findings: in the order of files and lines; read: how many there were of each kind of thing, by its name in words.
    strict: whether the settings make a warning an error; baseline: the file of known findings that they name.
    known: how many more the baseline knows; gone: how many of its findings are no more.
    """

    findings: list[Finding]
    read: Mapping[str, int]
    strict: bool = False
    baseline: Path | None = None
    known: int = 0
    gone: int = 0


def as_json(findings: Sequence[Finding]) -> str:
    """The findings as a JSON array."""
    rows = [
        {
            "path": str(finding.path),
            "line": finding.line,
            "column": finding.column,
            "code": finding.code,
            "severity": finding.severity,
            "message": finding.told,
        }
        for finding in findings
    ]
    return json_text(rows)


_SARIF_LEVEL = {"error": "error", "warning": "warning", "info": "note"}


def as_sarif(findings: Sequence[Finding]) -> str:
    """The findings as SARIF 2.1.0 (OASIS), for code scanning."""
    rules = [
        {
            "id": lint.code,
            "name": lint.name,
            "shortDescription": {"text": lint.message},
            "fullDescription": {"text": lint.why},
            "defaultConfiguration": {"level": _SARIF_LEVEL[lint.severity]},
        }
        for lint in catalogue().values()
    ]
    results: list[dict[str, Any]] = [
        {
            "ruleId": finding.code,
            "level": _SARIF_LEVEL[finding.severity],
            "message": {"text": finding.told},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": uri(finding.path)},
                        "region": {"startLine": finding.line, "startColumn": finding.column},
                    }
                }
            ],
        }
        for finding in findings
    ]
    driver = {"name": "casetrail", "version": __version__, "rules": rules}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json_text({"$schema": schema, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]})


def as_github(findings: Sequence[Finding]) -> str:
    """The findings as workflow commands of GitHub Actions."""
    kinds = {"error": "error", "warning": "warning", "info": "notice"}
    return "\n".join(
        f"::{kinds[finding.severity]} file={_property(str(finding.path))},line={finding.line},col={finding.column},"
        f"title={finding.code}::{_data(finding.told)}"
        for finding in findings
    )


_GITLAB = {"error": "critical", "warning": "minor", "info": "info"}


def as_gitlab(findings: Sequence[Finding]) -> str:
    """The findings as GitLab's code quality report (docs.gitlab.com, Code Quality, report format).

    A fingerprint stays the same when lines above a finding come or go, so that GitLab knows it again.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    rows = []
    for finding in findings:
        what = (finding.path.as_posix(), finding.code, finding.message)
        seen[what] += 1
        rows.append(
            {
                "description": finding.told,
                "check_name": finding.code,
                "fingerprint": sha256(repr((*what, seen[what])).encode()).hexdigest(),
                "severity": _GITLAB[finding.severity],
                "location": {"path": finding.path.as_posix(), "lines": {"begin": finding.line}},
            }
        )
    return json_text(rows)


def _data(text: str) -> str:
    return "%0A".join(map(printable, text.replace("%", "%25").replace("\r\n", "\n").split("\n")))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

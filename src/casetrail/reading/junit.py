"""Results of tests as JUnit XML, whatever text is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from casetrail.reading.spelled import xml_text

Kind = Literal["failure", "error", "skipped"]

_ALWAYS = ("classname", "name")


@dataclass(frozen=True, slots=True)
class Result:
    """One test. kind: empty when it passed; message: what was wrong; about: more of it.

    file, line: where the test is written, where that is known; seconds: how long it took, where that is known.
    """

    group: str
    name: str
    kind: Kind | None = None
    message: str = ""
    about: str = ""
    file: str = ""
    line: int = 0
    seconds: float | None = None


def junit(suite: str, results: Sequence[Result]) -> bytes:
    """A suite's results. What XML can't hold is spelled out."""
    counts: dict[str, str] = {
        name: str(sum(result.kind == kind for result in results))
        for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    top = ElementTree.Element("testsuite", {"name": suite, "tests": str(len(results)), **counts})
    for result in results:
        told = {"classname": result.group, "name": result.name, "file": result.file, "line": str(result.line or "")}
        told["time"] = "" if result.seconds is None else f"{result.seconds:.3f}"
        case = ElementTree.SubElement(
            top, "testcase", {name: xml_text(text) for name, text in told.items() if text or name in _ALWAYS}
        )
        if result.kind:
            ElementTree.SubElement(case, result.kind, message=xml_text(result.message)).text = xml_text(result.about) or None
    made: bytes = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return made

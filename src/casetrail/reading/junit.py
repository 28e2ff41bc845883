"""Results of tests as JUnit XML, whatever text is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from casetrail.reading.spelled import xml_text

Kind = Literal["failure", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Result:
    """One test. kind: empty when it passed; message: what was wrong; about: more of it."""

    group: str
    name: str
    kind: Kind | None = None
    message: str = ""
    about: str = ""


def junit(suite: str, results: Sequence[Result]) -> bytes:
    """A suite's results. What XML can't hold is spelled out."""
    counts: dict[str, str] = {
        name: str(sum(result.kind == kind for result in results))
        for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    top = ElementTree.Element("testsuite", {"name": suite, "tests": str(len(results)), **counts})
    for result in results:
        case = ElementTree.SubElement(top, "testcase", classname=xml_text(result.group), name=xml_text(result.name))
        if result.kind:
            ElementTree.SubElement(case, result.kind, message=xml_text(result.message)).text = xml_text(result.about) or None
    made: bytes = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return made

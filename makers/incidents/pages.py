"""The README of an incident, from its `incident.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from casetrail.incidents.story import Incident

_ACTORS = {"intruder": "the intruder", "company": "the company", "log": "the log"}


def readme(incident: Incident, logs: Mapping[Path, bytes]) -> bytes:
    """The page: what it is, how it reads, every fact with its evidence, the sources, the events."""
    lines = [
        f"# {incident.title}",
        "",
        "Made from `incident.yml` by `makers/incidents/make.py`.",
        "",
        incident.about.strip(),
        "",
    ]
    lines += [
        "The companies, people, addresses and ids are made up, the names are of example domains and the networks of those kept for",
        "documentation. What happens to them follows what was published; each fact says whether it was published or is our inference.",
        "",
        "A log line has `at` (when it happened), `arrived` (when it reached the company's SIEM), "
        "`like` (the event and the parts it is built",
        "from: `../events.yml`, `../../events/`, `parts.json`), `row` (what is its own) and, where it isn't ordinary work, `fact`.",
        f"`casetrail replay {incident.name} --rows DIR` writes the events in full.",
        "",
        "## Companies",
        "",
        "| company | events | what it is | detected in reality |",
        "|---|---|---|---|",
    ]
    for company in incident.companies:
        rows = sum(
            content.count(b"\n")
            for path, content in logs.items()
            if path.parent.name == company.name and path.suffix == ".ndjson"
        )
        lines.append(
            f"| {company.title} | {rows} | {company.about.strip()} | {company.saw}: {company.saw_how} ({company.saw_standing}) |"
        )
    lines += [
        "",
        "## Facts",
        "",
        "| fact | day | company | by | what happened | evidence | basis |",
        "|---|---|---|---|---|---|---|",
    ]
    for fact in incident.facts:
        lines.append(
            f"| {fact.id} | {fact.day} | {fact.company} | {_ACTORS[fact.by]} | {fact.text} | {fact.standing} | {fact.basis} |"
        )
    lines += ["", "## Sources", ""]
    for reference in incident.references:
        lines.append(f"- *{reference.name}*: {reference.title}{f', <{reference.url}>' if reference.url else ''}")
    return ("\n".join(lines) + "\n").encode()

"""A replay as plain data, for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from casetrail.incidents.replay import File, Replay, ReplayAlert, Replayed
from casetrail.incidents.story import Fact, Incident


def time_of(micros: int) -> str:
    """A time in microseconds since 1970 as ISO 8601, in UTC."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def record(replay: Replay) -> dict[str, Any]:
    """All that a replay found; times are ISO 8601 in UTC, the targets' shortest intervals in seconds."""
    incident = replay.incident
    return {
        "incident": incident.name,
        "title": incident.title,
        "first": incident.first.isoformat(),
        "last": incident.last.isoformat(),
        "groups": [
            {"minutes": interval / 60_000_000, "targets": list(targets)} for interval, targets in replay.groups.items()
        ],
        "targets": {name: interval // 1_000_000 for name, interval in replay.intervals.items()},
        "references": [{"name": each.name, "title": each.title, "url": each.url} for each in incident.references],
        "companies": [_company(each, incident) for each in replay.companies],
    }


def _company(each: Replayed, incident: Incident) -> dict[str, Any]:
    company = each.company
    intruder = each.about(incident, "intruder")
    return {
        "name": company.name,
        "title": company.title,
        "about": company.about,
        "saw": {"day": company.saw.isoformat(), "how": company.saw_how, "standing": company.saw_standing},
        "rows": each.rows,
        "first": _alert(intruder[0]) if intruder else None,
        "days": [
            {
                "day": day.day.isoformat(),
                "facts": [_fact(fact) for fact in day.facts],
                "first": _alert(day.first) if day.first else None,
                "alerts": len(day.alerts),
                "other_alerts": len(day.others),
                "files_taken": day.taken,
                "files_named": day.named,
            }
            for day in each.days
        ],
        "files": [_file(file) for file in each.files],
        "alerts": [_alert(alert) for alert in each.alerts if alert.facts],
        "ordinary": _counts(each.noise(incident)),
        "ordinary_while_young": _counts(each.noise(incident, young=True)),
        "taken_back": _counts(each.taken_back),
        "inactive": list(each.inactive),
    }


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _fact(fact: Fact) -> dict[str, str]:
    return {"id": fact.id, "by": fact.by, "text": fact.text, "standing": fact.standing, "basis": fact.basis}


def _alert(alert: ReplayAlert) -> dict[str, Any]:
    return {
        "rule": alert.rule,
        "level": alert.level,
        "key": dict(alert.key),
        "time": time_of(alert.time),
        "arrived": time_of(alert.arrived),
        "told": _told(alert.alerted),
        "events": alert.events,
        "facts": list(alert.facts),
    }


def _file(file: File) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "owner": file.owner,
        "time": time_of(file.time),
        "arrived": time_of(file.arrived),
        "late": file.late,
        "told": _told(file.alerted),
        "rules": list(file.rules),
    }


def _told(told: Mapping[str, int]) -> dict[str, str]:
    return {target: time_of(at) for target, at in told.items()}

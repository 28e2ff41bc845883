"""Rows of logs for trails, with only what a test needs in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from casetrail.plan.values import format_time
from casetrail.trail.node import Node, Strength
from casetrail.trail.store import Store
from casetrail.trail.walk import Limits, Trail, idle_of, walk
from tests.incidents.replays import pack

MINUTE = 60_000_000
BEGIN = 1_700_000_000_000_000
"""A Tuesday, 22:13 UTC."""


def elf(kind: str, minute: float, user: str, identity: str, **own: str) -> dict[str, Any]:
    """An event log file's row, some minutes after BEGIN. user: an id of 15 characters."""
    at = format_time(BEGIN + round(minute * MINUTE), "iso8601")
    return {
        "EVENT_TYPE": kind,
        "TIMESTAMP_DERIVED": at,
        "ORGANIZATION_ID": "00D000000000001",
        "REQUEST_ID": identity,
        "USER_ID": user,
        **own,
    }


def okta(minute: float, user: str, identity: str, address: str, session: str, **own: Any) -> dict[str, Any]:
    """A row of Okta's System Log, some minutes after BEGIN."""
    return {
        "uuid": identity,
        "published": format_time(BEGIN + round(minute * MINUTE), "iso8601"),
        "eventType": "user.authentication.sso",
        "actor": {"id": user, "alternateId": f"{user}@a.example"},
        "client": {"ipAddress": address},
        "authenticationContext": {"externalSessionId": session},
        "transaction": {"id": identity},
        **own,
    }


def log(folder: Path, rows: Iterable[Mapping[str, Any]], name: str = "log.ndjson") -> Path:
    path = folder / name
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def stored(*paths: Path) -> Store:
    store = Store(pack().contracts)
    store.read(paths)
    return store


def trail(store: Store, *seeds: str, limits: Limits | None = None, through: tuple[str, ...] = ()) -> Trail:
    idle = idle_of(pack().contracts)
    return walk(store, [Node.read(seed) for seed in seeds], idle, limits or Limits(), [Node.read(text) for text in through])


def strengths(found: Trail) -> dict[str, Strength]:
    """How strong each event is, by its request or uuid."""
    return {step.event.of("request")[0].value: step.strength for step in found.ordered()}

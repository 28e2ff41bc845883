"""A small log source with one field of every kind, for tests that need no real one."""

from __future__ import annotations

from typing import Any

import yaml

from casetrail.logs.contract import contracts
from casetrail.logs.event import Event
from casetrail.plan.values import format_time
from casetrail.sigma.lower import World

CONTRACT = contracts(
    yaml.safe_load("""
product: test
sources:
  - service: log
    title: A log for tests
    time: at
    identity: [id]
    event_type: kind
    detect: [[id, at, kind]]
    delay: {typical: 1m, greatest: 1h}
    envelopes: [{name: bare row, rows: ""}]
    fields:
      id: {case: exact}
      at: {type: time, format: iso8601}
      kind: {case: exact}
      user: {}
      other: {}
      code: {case: exact}
      n: {type: integer}
      f: {type: number}
      flag: {type: boolean}
      ip: {type: address}
      tags[]: {}
      items[].name: {}
      items[].n: {type: integer}
      blank: {empty: missing}
""")
)[0]

WORLD = World(
    {CONTRACT.key: CONTRACT},
    {"users": ("Alice", "b*b"), "nets": ("192.0.2.0/24", "2001:db8::1"), "nobody": ()},
)
START = 1_768_467_600_000_000
SECOND = 1_000_000


def event(identity: str, at: float = 0, **row: Any) -> Event:
    """An event of the test log, `at` seconds after START."""
    time = START + round(at * SECOND)
    return Event(identity, time, CONTRACT.key, {"id": identity, "at": format_time(time, "iso8601"), **row})

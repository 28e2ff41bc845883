"""Values as a vendor's row has them before it is read: in one of their spellings."""

from __future__ import annotations

import zlib

from casetrail.logs.event import Event
from casetrail.plan.nodes import Field


def spelled(text: str, field: Field, event: Event) -> str:
    """A value as the event's row has it in a SIEM: one event after the other takes another of the field's spellings."""
    forms = ("{}", *field.spellings)
    return forms[zlib.crc32(event.id.encode()) % len(forms)].replace("{}", text)

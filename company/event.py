"""A row on its way into a log."""

from __future__ import annotations

from typing import Any, NamedTuple

OKTA = "okta/okta"
CHROME = "gcp/google_workspace.chrome"
ADMIN = "gcp/google_workspace.admin"
ELF = "salesforce/eventlogfile"
REALTIME = "salesforce/realtime"
SETUP = "salesforce/setupaudittrail"
LOGINS = "salesforce/loginhistory"
SOURCES = (OKTA, CHROME, ADMIN, ELF, REALTIME, SETUP, LOGINS)


class Event(NamedTuple):
    """at: when it happened, in milliseconds since 1970 (UTC)."""

    source: str
    at: int
    row: dict[str, Any]

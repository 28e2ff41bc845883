"""What Sentinel stores of a vendor's event, written down by hand from the connectors' published transformations, not from our YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from casetrail.engines.kusto import as_shaped, stored
from casetrail.logs.event import event_of
from casetrail.pack.backend import read_backend
from casetrail.pack.pack import Pack
from casetrail.pack.shapes import read_shapes, shapes_of

ROOT = Path(__file__).parents[2]
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # Okta Single Sign-On, OktaSSOv2 data collection rule: TimeGenerated = todatetime(published), OriginalActorAlternateId =
    # tostring(actor.alternateId), SecurityContextAsNumber = toint(…), SecurityContextIsProxy = tobool(…), OriginalTarget = target, …
    "okta/okta": (
        {
            "uuid": "u-1",
            "published": "2026-01-15T09:00:00.123Z",
            "eventType": "user.session.start",
            "actor": {"id": "00u1", "type": "User", "alternateId": "ann@corp.example", "displayName": "Ann"},
            "client": {"ipAddress": "192.0.2.5", "id": "c-1", "userAgent": {"os": "Mac OS X", "browser": "CHROME"}},
            "authenticationContext": {"externalSessionId": "s-1", "credentialType": "PASSWORD"},
            "securityContext": {"asNumber": 64500, "isProxy": False},
            "outcome": {"result": "SUCCESS"},
            "target": [{"id": "00u2", "type": "User"}],
            "debugContext": {"debugData": {"dtHash": "h-1", "requestUri": "/api/v1/authn"}},
            "request": {"ipChain": [{"ip": "192.0.2.5", "version": "V4"}]},
        },
        {
            "EventOriginalUid": "u-1",
            "TimeGenerated": "2026-01-15 09:00:00.123000",
            "EventOriginalType": "user.session.start",
            "OriginalUserId": "00u1",
            "OriginalUserType": "User",
            "OriginalActorAlternateId": "ann@corp.example",
            "ActorDisplayName": "Ann",
            "SrcIpAddr": "192.0.2.5",
            "SrcDvcId": "c-1",
            "SrcDvcOs": "Mac OS X",
            "ActingAppName": "CHROME",
            "ActorSessionId": "s-1",
            "LogonMethod": "PASSWORD",
            "SecurityContextAsNumber": 64500,
            "SecurityContextIsProxy": False,
            "OriginalOutcomeResult": "SUCCESS",
            "EventOriginalResultDetails": "",
            "OriginalTarget": [{"id": "00u2", "type": "User"}],
            "DebugData": {"dtHash": "h-1", "requestUri": "/api/v1/authn"},
            "Request": {"ipChain": [{"ip": "192.0.2.5", "version": "V4"}]},
        },
    ),
    # Salesforce Service Cloud: TimestampDerived = TIMESTAMP_DERIVED, UserIdDerived = USER_ID_DERIVED, …; every column is text.
    "salesforce/eventlogfile": (
        {
            "EVENT_TYPE": "Login",
            "TIMESTAMP": "20260115090000.123",
            "TIMESTAMP_DERIVED": "2026-01-15T09:00:00.123Z",
            "ORGANIZATION_ID": "00D1",
            "USER_ID": "005000000000EX1",
            "USER_ID_DERIVED": "005000000000EX1AAA",
            "SOURCE_IP": "192.0.2.5",
            "CLIENT_IP": "Salesforce.com IP",
            "LOGIN_TYPE": "A",
            "ROWS_PROCESSED": "12",
        },
        {
            "TimestampDerived": "2026-01-15 09:00:00.123000",
            "EventType": "Login",
            "OrganizationId": "00D1",
            "UserId": "005000000000EX1",
            "UserIdDerived": "005000000000EX1AAA",
            "SourceIp": "192.0.2.5",
            "ClientIp": "Salesforce.com IP",
            "LoginType": "A",
            "RowsProcessed": "12",
            "DocumentIdDerived": "",
        },
    ),
    # Salesforce real-time event monitoring: EventDate as it is, UserNameDetail = Username, others as they are.
    "salesforce/realtime": (
        {
            "EventIdentifier": "e-2",
            "EventDate": "2026-01-15T09:00:00.123Z",
            "EventType": "ReportEvent",
            "Username": "ann@corp.example",
            "UserId": "005000000000EX1AAA",
            "RowsProcessed": 12.0,
            "IsScheduled": False,
            "NumberOfColumns": 3,
        },
        {
            "EventIdentifier": "e-2",
            "EventDate": "2026-01-15 09:00:00.123000",
            "EventType": "ReportEvent",
            "UserNameDetail": "ann@corp.example",
            "UserId": "005000000000EX1AAA",
            "RowsProcessed": 12.0,
            "IsScheduled": False,
            "NumberOfColumns": 3,
        },
    ),
    # Salesforce audit logs: CreatedDate = todatetime(CreatedDate), others as text.
    "salesforce/setupaudittrail": (
        {
            "Id": "0Ym1",
            "Action": "changedProfile",
            "CreatedDate": "2026-01-15T09:00:00.000+0000",
            "Display": "d",
            "CreatedById": "005",
        },
        {
            "Id": "0Ym1",
            "Action": "changedProfile",
            "CreatedDate": "2026-01-15 09:00:00",
            "Display": "d",
            "CreatedById": "005",
        },
    ),
    # Salesforce audit logs: LoginTime = todatetime(LoginTime), OptionsIsGet = tobool(OptionsIsGet).
    "salesforce/loginhistory": (
        {
            "Id": "1",
            "UserId": "005",
            "LoginTime": "2026-01-15T09:00:00.000+0000",
            "LoginType": "i",
            "SourceIp": "192.0.2.5",
            "OptionsIsGet": True,
        },
        {
            "UserId": "005",
            "LoginTime": "2026-01-15 09:00:00",
            "LoginType": "i",
            "SourceIp": "192.0.2.5",
            "OptionsIsGet": True,
        },
    ),
    # Table reference of GoogleWorkspaceReports: IdApplicationName, EventName, ActorEmail, and a column for most Chrome parameters.
    "gcp/google_workspace.chrome": (
        {
            "id": {"time": "2026-01-15T09:00:00.123Z", "uniqueQualifier": "-5", "applicationName": "chrome"},
            "name": "CONTENT_TRANSFER",
            "actor": {"email": "ann@corp.example"},
            "CONTENT_NAME": "C:\\x.har",
            "CONTENT_SIZE": 12,
            "PROFILE_USER_NAME": "ann@home.example",
        },
        {
            "TimeGenerated": "2026-01-15 09:00:00.123000",
            "IdUniqueQualifier": "-5",
            "IdApplicationName": "chrome",
            "EventName": "CONTENT_TRANSFER",
            "ActorEmail": "ann@corp.example",
            "ContentName": "C:\\x.har",
            "ContentSize": "12",
            "ProfileUserName": "ann@home.example",
        },
    ),
    # The same; ProcessName is "the unique name (ID) of the setting that was changed".
    "gcp/google_workspace.admin": (
        {
            "id": {"time": "2026-01-15T09:00:00.123Z", "uniqueQualifier": "7", "applicationName": "admin"},
            "name": "CHANGE_CHROME_OS_USER_SETTING",
            "type": "CHROME_OS_SETTINGS",
            "ipAddress": "192.0.2.5",
            "SETTING_NAME": "BrowserSignin",
            "OLD_VALUE": "MANDATORY|[1]",
            "NEW_VALUE": "INHERITED",
        },
        {
            "TimeGenerated": "2026-01-15 09:00:00.123000",
            "IdApplicationName": "admin",
            "EventName": "CHANGE_CHROME_OS_USER_SETTING",
            "EventType": "CHROME_OS_SETTINGS",
            "SrcIpAddr": "192.0.2.5",
            "ProcessName": "BrowserSignin",
            "OldValue": "MANDATORY|[1]",
            "NewValue": "INHERITED",
        },
    ),
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.load(ROOT)


@pytest.mark.parametrize("source", ROWS)
def test_a_row_is_stored_as_the_connector_stores_it(source: str, pack: Pack) -> None:
    raw, expected = ROWS[source]
    contract = pack.contracts[source]
    made = event_of(raw, contract)
    assert made is not None
    backend = read_backend(ROOT / "backends" / "sentinel", pack.contracts)
    store = backend.stores[source]
    shapes = shapes_of(backend, read_shapes(ROOT / "backends" / "sentinel", pack.contracts))
    shaped = as_shaped(made, store, contract, shapes[source][0], "TimeGenerated")
    for row in (stored(made, store, contract), shaped):
        found = {column: str(row[column]) if column == store.time else row[column] for column in expected}
        parsed = {
            column: json.loads(value) if isinstance(expected[column], list | dict) else value
            for column, value in found.items()
        }
        assert parsed == expected


def test_every_log_source_of_the_pack_has_a_row_here(pack: Pack) -> None:
    backend = read_backend(ROOT / "backends" / "sentinel", pack.contracts)
    assert set(ROWS) == set(backend.stores) == set(pack.contracts)

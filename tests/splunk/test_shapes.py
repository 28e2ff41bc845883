"""Rows in the shape in which vendors document them, written by hand: the shipped names must find their values.

Okta: LogEvent of the System Log API, indexed as JSON. Google: the example of `gws:reports` rows in Splunk's security content, one event
of an activity under `event`. Salesforce: a line of an event log file as Splunk's add-on writes it, and records of objects as JSON.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from casetrail.engines.spl_model import extracted, run
from casetrail.engines.splunk_model import stored
from casetrail.languages.base import Bounds
from casetrail.languages.spl.query import query_of
from casetrail.logs.event import Event
from casetrail.pack.backend import read_backend
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import (
    And,
    Compare,
    Correlation,
    Equals,
    Expr,
    Figure,
    InNetwork,
    Is,
    IsMissing,
    KeyPart,
    Like,
    Op,
    Search,
    Threshold,
    Type,
    Wildcard,
)

PACK = Pack.load(Path(__file__).parents[2])
BACKEND = read_backend(PACK.folder / "backends" / "splunk", PACK.contracts)
MACROS = {store.index: f"index={store.index}" for store in BACKEND.stores.values()}
ANY = Wildcard.MANY

OKTA = {
    "actor": {"id": "00u1", "type": "User", "alternateId": "Alice@example.com", "displayName": "Alice", "detailEntry": None},
    "client": {
        "userAgent": {"rawUserAgent": "Mozilla/5.0 (X11)", "os": "Linux", "browser": "FIREFOX"},
        "zone": "null",
        "device": "Computer",
        "id": None,
        "ipAddress": "192.0.2.7",
        "geographicalContext": {"city": "Oslo", "geolocation": {"lat": 59.91, "lon": 10.75}},
    },
    "eventType": "user.session.start",
    "outcome": {"result": "SUCCESS", "reason": None},
    "published": "2026-01-15T09:00:00.123Z",
    "securityContext": {"asNumber": 64500, "isProxy": False},
    "target": [
        {"id": "0oa1", "type": "AppInstance", "alternateId": "Okta Admin Console", "displayName": "Okta Admin Console"},
        {"id": "00u1", "type": "User", "alternateId": "alice@example.com", "displayName": "Alice"},
    ],
    "uuid": "6b1f0001-0000-11ee-0000-000000000001",
    "debugContext": {"debugData": {"dtHash": "12e45"}},
    "request": {"ipChain": [{"ip": "192.0.2.7", "version": "V4"}]},
}
CHROME = {
    "kind": "admin#reports#activity",
    "id": {
        "time": "2026-01-15T09:00:00.119Z",
        "uniqueQualifier": "720229394436",
        "applicationName": "chrome",
        "customerId": "C0",
    },
    "etag": '"x/y"',
    "actor": {"email": "someone@example.com", "profileId": "114679690119024644513"},
    "event": {
        "type": "CONTENT_TRANSFER_TYPE",
        "name": "CONTENT_TRANSFER",
        "parameters": [
            {"name": "TRIGGER_TYPE", "value": "FILE_UPLOAD"},
            {"name": "DEVICE_NAMES", "multiValue": ["a", "b"]},
            {"name": "CONTENT_SIZE", "intValue": "2048"},
            {"name": "IS_FEDERATED", "boolValue": True},
            {"name": "DEVICE_USER", "value": "EXAMPLE\\someone"},
            {"name": "CONTENT_NAME", "value": 'C:\\Users\\a\\"name": "URL" é.har'},
            {"name": "URL", "value": "https://support.example.com/upload"},
        ],
    },
}
LOGFILE = (
    '2026-01-15T09:00:00.{millis}+0000 SFDCLogType="Login" SFDCLogId="0AT1" SFDCLogDate="2026-01-15T00:00:00.000+0000" '
    'EVENT_TYPE="Login" TIMESTAMP="20260115090000.{millis}" REQUEST_ID="{request}" ORGANIZATION_ID="00D1" USER_ID="0051" '
    'RUN_TIME="161" URI="" CLIENT_IP="Salesforce.com IP" SOURCE_IP="192.0.2.9" LOGIN_TYPE="i" USER_NAME="bot@example.com" '
    'TIMESTAMP_DERIVED="2026-01-15T09:00:00.{millis}Z" USER_ID_DERIVED="0051AAA" UserAccountId="u" '
    'SplunkRetrievedServer="https://example.my.salesforce.com/"'
)
AUDIT = {
    "attributes": {"type": "SetupAuditTrail", "url": "/services/data/v60.0/sobjects/SetupAuditTrail/0Ym1"},
    "Id": "0Ym1",
    "Action": "changedpassword",
    "Section": None,
    "Display": "Changed password for user Alice",
    "CreatedDate": "2026-01-15T09:00:00.000+0000",
    "CreatedBy": {"attributes": {"type": "User"}, "Name": "Admin", "Username": "admin@example.com"},
    "UserAccountId": "u",
}
LOGIN = {
    "attributes": {"type": "LoginHistory"},
    "Id": "0Ya1",
    "UserId": "0051AAA",
    "LoginTime": "2026-01-15T09:00:00.000+0000",
    "LoginType": "Remote Access 2.0",
    "SourceIp": "2001:db8::9",
    "Status": "Success",
    "OptionsIsGet": False,
}
FILE = {
    "EventType": "FileEvent",
    "EventDate": "2026-01-15T09:00:00.250Z",
    "EventIdentifier": "e-1",
    "FileAction": "UI_DOWNLOAD",
    "FileName": "session.HAR",
    "FileSource": None,
    "ContentSize": 1048576,
    "IsLatestVersion": True,
    "UserId": "0051AAA",
    "Username": "bot@example.com",
}


def seconds(text: str) -> Fraction:
    """A time's seconds since 1970, whole milliseconds apart."""
    return Fraction(round(datetime.fromisoformat(text).timestamp() * 1000), 1000)


def json_row(row: dict[str, Any], sourcetype: str, time: str) -> dict[str, Any]:
    raw = json.dumps(row, ensure_ascii=False)
    return {**extracted(row), "_raw": raw, "_time": seconds(time), "sourcetype": sourcetype}


def line_row(line: str) -> dict[str, Any]:
    """What automatic extraction of key=value gives: quoted values, empty ones left out; the time to the second."""
    fields = {key: value for key, value in re.findall(r'(\w+)="([^"]*)"', line) if value}
    return {**fields, "_raw": line, "_time": seconds(line[:19] + "+00:00"), "sourcetype": "sfdc:logfile"}


def found(source: str, row: dict[str, Any], *tests: tuple[str, Any]) -> list[dict[str, object]]:
    known = PACK.contracts[source].fields
    where: tuple[Expr, ...] = tuple(Is(known[path], check) for path, check in tests)
    query = query_of(Search("s", source, And(where)), BACKEND, Bounds())
    return run(query, [{**row, "index": BACKEND.stores[source].index}], macros=MACROS)


SHAPES: list[tuple[str, dict[str, Any], str, list[tuple[str, Any]]]] = [
    (
        "okta/okta",
        json_row(OKTA, "OktaIM2:log", "2026-01-15T09:00:00.123+00:00"),
        "6b1f0001-0000-11ee-0000-000000000001",
        [
            ("eventType", Equals("user.session.start", cased=True)),
            ("actor.alternateId", Equals("alice@example.com")),
            ("client.ipAddress", InNetwork("192.0.2.0/24")),
            ("client.id", IsMissing()),
            ("outcome.reason", IsMissing()),
            ("securityContext.isProxy", Equals(False)),
            ("securityContext.asNumber", Equals(64500)),
            ("client.geographicalContext.geolocation.lat", Compare(Op.GT, 59.9)),
            ("target.type", Equals("User", cased=True)),
            ("target.displayName", Like((ANY, "admin", ANY))),
            ("debugContext.debugData.dtHash", Equals("12e45", cased=True)),
            ("request.ipChain.ip", Equals("192.0.2.7")),
        ],
    ),
    (
        "gcp/google_workspace.chrome",
        json_row(CHROME, "gws:reports:chrome", "2026-01-15T09:00:00.119+00:00"),
        "2026-01-15T09:00:00.119Z|720229394436|CONTENT_TRANSFER",
        [
            ("name", Equals("CONTENT_TRANSFER", cased=True)),
            ("actor.email", Equals("someone@example.com")),
            ("TRIGGER_TYPE", Equals("FILE_UPLOAD", cased=True)),
            ("CONTENT_NAME", Like((ANY, "é.har"))),
            ("CONTENT_SIZE", Compare(Op.GTE, 2048)),
            ("IS_FEDERATED", Equals(True)),
            ("DEVICE_USER", Equals("example\\someone")),
            ("URL", Like(("https://support.", ANY))),
            ("PROFILE_USER_NAME", IsMissing()),
        ],
    ),
    (
        "salesforce/eventlogfile",
        line_row(LOGFILE.format(millis="250", request="r1")),
        "Login|2026-01-15T09:00:00.250Z|0051|r1||||||||",
        [
            ("EVENT_TYPE", Equals("Login", cased=True)),
            ("LOGIN_TYPE", Equals("i", cased=True)),
            ("SOURCE_IP", InNetwork("192.0.2.0/24")),
            ("RUN_TIME", Compare(Op.GT, 100)),
            ("USER_NAME", Equals("bot@example.com")),
            ("URI", IsMissing()),
        ],
    ),
    (
        "salesforce/setupaudittrail",
        json_row(AUDIT, "sfdc:setupaudittrail", "2026-01-15T09:00:00+00:00"),
        "0Ym1|2026-01-15T09:00:00.000+0000|changedpassword|Changed password for user Alice|",
        [
            ("Action", Equals("changedpassword", cased=True)),
            ("Section", IsMissing()),
            ("CreatedByUsername", Equals("admin@example.com")),
        ],
    ),
    (
        "salesforce/loginhistory",
        json_row(LOGIN, "sfdc:loginhistory", "2026-01-15T09:00:00+00:00"),
        "0Ya1|2026-01-15T09:00:00.000+0000|0051AAA",
        [
            ("LoginType", Equals("Remote Access 2.0", cased=True)),
            ("SourceIp", InNetwork("2001:db8::/32")),
            ("OptionsIsGet", Equals(False)),
        ],
    ),
    (
        "salesforce/realtime",
        json_row(FILE, "sfdc-streaming-api-events:security", "2026-01-15T09:00:00.250+00:00"),
        "e-1",
        [
            ("EventType", Equals("FileEvent", cased=True)),
            ("FileName", Like((ANY, ".har"))),
            ("FileSource", IsMissing()),
            ("ContentSize", Compare(Op.GT, 1_000_000)),
            ("IsLatestVersion", Equals(True)),
        ],
    ),
]


@pytest.mark.parametrize(("source", "row", "identity", "tests"), SHAPES, ids=[row[0] for row in SHAPES])
def test_the_names_find_the_values(source: str, row: dict[str, Any], identity: str, tests: list[tuple[str, Any]]) -> None:
    assert [answer["event_id"] for answer in found(source, row, *tests)] == [identity]
    for path, check in tests:
        assert found(source, row, (path, check)), path


def test_every_source_has_a_shape() -> None:
    covered = {source for source, *_ in SHAPES} | {"gcp/google_workspace.admin"}
    assert covered == set(BACKEND.stores), "the admin log has the shape of the Chrome log"


@pytest.mark.parametrize("source", list(BACKEND.stores))
def test_an_event_is_named_by_what_its_contract_names_it_by(source: str) -> None:
    store = BACKEND.stores[source]
    assert store.identity == tuple(store.fields[known.path].name for known in PACK.contracts[source].identity)


def test_what_the_model_stores_is_what_splunk_extracts() -> None:
    """The engine's own way from a row to fields gives the names and values that the JSON itself does."""
    contract, store = PACK.contracts["okta/okta"], BACKEND.stores["okta/okta"]
    made = stored(Event("e", 1_768_467_600_123_000, "okta/okta", OKTA), store, contract, nulls=False)
    fields = extracted(OKTA)
    own = {name: value for name, value in made.items() if name not in ("_time", "index", "sourcetype")}
    assert own == {name: value for name, value in fields.items() if name in own}
    assert {"target{}.type", "client.userAgent.os", "debugContext.debugData.dtHash"} < set(own)


@pytest.mark.parametrize(("last", "expected"), [("750", ["second"]), ("751", [])])
def test_a_log_file_has_its_milliseconds_in_a_text(last: str, expected: list[str]) -> None:
    rows = [line_row(LOGFILE.format(millis="250", request="first")), line_row(LOGFILE.format(millis=last, request="second"))]
    known = PACK.contracts["salesforce/eventlogfile"].fields
    base = Search("s", "salesforce/eventlogfile", Is(known["EVENT_TYPE"], Equals("Login", cased=True)))
    key = (KeyPart("account", (known["USER_ID_DERIVED"],), Type.TEXT, cased=True),)
    plan = Correlation("c", (base,), key, 500_000, Threshold(Figure.EVENTS, Op.GTE, 2))
    for way in (rows, rows[::-1]):
        answer = run(
            query_of(plan, BACKEND, Bounds()), [{**row, "index": "casetrail_salesforce"} for row in way], macros=MACROS
        )
        assert [str(row["event_id"]).split("|")[3] for row in answer] == expected

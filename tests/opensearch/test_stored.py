"""Rows as the vendors document them, and the documents that the names in backends/opensearch make of them, both written by hand.

Rows: Okta's System Log API (LogEvent), Google's Admin SDK Reports API (Chrome and admin activities, out of their parameters),
Salesforce's Object Reference (EventLogFile, LoginEvent, SetupAuditTrail, LoginHistory). Names: the log types okta and gworkspace of
OpenSearch Security Analytics (okta.event_type, okta.display_message, google_workspace.event.name,
google_workspace.admin.new_value), and the scheme of the README for the others.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from opensearchpy import OpenSearch

from casetrail.build.targets import backend_of
from casetrail.engines.documents import stored
from casetrail.logs.event import event_of
from casetrail.pack.pack import Pack
from casetrail.packages.opensearch.monitors import name, template

MOMENT = 1_768_467_600_000
SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "okta/okta": (
        {
            "uuid": "8ed82e04-f1e7-11f0-9d7d-2f9b6b3a1c55",
            "published": "2026-01-15T09:00:00.000Z",
            "eventType": "user.session.start",
            "displayMessage": "User login to Okta",
            "severity": "INFO",
            "legacyEventType": "core.user_auth.login_success",
            "actor": {"id": "00u1", "type": "User", "alternateId": "Ada@example.com", "displayName": "Ada"},
            "client": {"ipAddress": "192.0.2.7", "userAgent": {"rawUserAgent": "curl/8", "os": "Unknown"}, "zone": "null"},
            "authenticationContext": {"externalSessionId": "trs1"},
            "securityContext": {"asNumber": 64500, "asOrg": "example", "isProxy": False},
            "outcome": {"result": "SUCCESS", "reason": None},
            "target": [
                {"id": "0oa1", "type": "AppInstance", "alternateId": "Console", "displayName": "Admin Console"},
                {"id": "00g1", "type": "UserGroup", "alternateId": "unknown", "displayName": "Staff"},
            ],
            "debugContext": {"debugData": {"dtHash": "ab12", "behaviors": "{New Device=POSITIVE}"}},
            "request": {"ipChain": [{"ip": "192.0.2.7", "version": "V4"}, {"ip": "2001:db8::7", "version": "V6"}]},
        },
        {
            "@timestamp": MOMENT,
            "event": {"dataset": "okta.system"},
            "okta": {
                "uuid": "8ed82e04-f1e7-11f0-9d7d-2f9b6b3a1c55",
                "event_type": "user.session.start",
                "display_message": "User login to Okta",
                "severity": "INFO",
                "legacy_event_type": "core.user_auth.login_success",
                "actor": {"id": "00u1", "type": "User", "alternate_id": "Ada@example.com", "display_name": "Ada"},
                "client": {
                    "ip_address": "192.0.2.7",
                    "user_agent": {"raw_user_agent": "curl/8", "os": "Unknown"},
                    "zone": "null",
                },
                "authentication_context": {"external_session_id": "trs1"},
                "security_context": {"as_number": 64500, "as_org": "example", "is_proxy": False},
                "outcome": {"result": "SUCCESS"},
                "target": {
                    "id": ["0oa1", "00g1"],
                    "type": ["AppInstance", "UserGroup"],
                    "alternate_id": ["Console", "unknown"],
                    "display_name": ["Admin Console", "Staff"],
                },
                "debug_context": {"debug_data": {"dt_hash": "ab12", "behaviors": "{New Device=POSITIVE}"}},
                "request": {"ip_chain": {"ip": ["192.0.2.7", "2001:db8::7"], "version": ["V4", "V6"]}},
            },
        },
    ),
    "gcp/google_workspace.chrome": (
        {
            "id": {"time": "2026-01-15T09:00:00.000Z", "uniqueQualifier": "-42", "applicationName": "chrome"},
            "name": "CONTENT_TRANSFER",
            "type": "CONTENT_TRANSFER_TYPE",
            "actor": {"email": "ada@example.com"},
            "CONTENT_NAME": "session.har",
            "CONTENT_SIZE": "1024",
            "IS_FEDERATED": True,
        },
        {
            "@timestamp": MOMENT,
            "event": {"dataset": "google_workspace.chrome"},
            "google_workspace": {
                "event": {"name": "CONTENT_TRANSFER", "type": "CONTENT_TRANSFER_TYPE"},
                "chrome": {
                    "id": {"unique_qualifier": "-42", "application_name": "chrome"},
                    "actor": {"email": "ada@example.com"},
                    "content_name": "session.har",
                    "content_size": 1024,
                    "is_federated": True,
                },
            },
        },
    ),
    "gcp/google_workspace.admin": (
        {
            "id": {"time": "2026-01-15T09:00:00.000Z", "uniqueQualifier": "7", "applicationName": "admin"},
            "name": "CHANGE_CHROME_OS_USER_SETTING",
            "type": "CHROME_OS_SETTINGS",
            "actor": {"email": "ada@example.com"},
            "ipAddress": "2001:db8::7",
            "SETTING_NAME": "BrowserSignin",
            "OLD_VALUE": "2",
            "NEW_VALUE": "0",
        },
        {
            "@timestamp": MOMENT,
            "event": {"dataset": "google_workspace.admin"},
            "google_workspace": {
                "event": {"name": "CHANGE_CHROME_OS_USER_SETTING", "type": "CHROME_OS_SETTINGS"},
                "admin": {
                    "id": {"unique_qualifier": "7", "application_name": "admin"},
                    "actor": {"email": "ada@example.com"},
                    "ip_address": "2001:db8::7",
                    "setting_name": "BrowserSignin",
                    "old_value": "2",
                    "new_value": "0",
                },
            },
        },
    ),
    "salesforce/eventlogfile": (
        {
            "EVENT_TYPE": "Login",
            "TIMESTAMP": "20260115090000.000",
            "TIMESTAMP_DERIVED": "2026-01-15T09:00:00.000Z",
            "USER_ID": "00500000000ABCD",
            "CLIENT_IP": "Salesforce.com IP",
            "SOURCE_IP": "192.0.2.7",
            "LOGIN_STATUS": "LOGIN_NO_ERROR",
            "CPU_TIME": "12",
            "SESSION_KEY": "",
        },
        {
            "@timestamp": MOMENT,
            "event": {"dataset": "salesforce.eventlogfile"},
            "salesforce": {
                "eventlogfile": {
                    "event_type": "Login",
                    "timestamp": MOMENT,
                    "user_id": "00500000000ABCD",
                    "source_ip": "192.0.2.7",
                    "login_status": "LOGIN_NO_ERROR",
                    "cpu_time": 12,
                }
            },
        },
    ),
    "salesforce/realtime": (
        {
            "EventIdentifier": "e4",
            "EventDate": "2026-01-15T09:00:00.000Z",
            "EventType": "Login",
            "SourceIp": "192.0.2.7",
            "LoginLatitude": 52.5,
            "NumberOfColumns": 3,
            "IsScheduled": False,
        },
        {
            "@timestamp": MOMENT,
            "event": {"dataset": "salesforce.realtime"},
            "salesforce": {
                "realtime": {
                    "event_identifier": "e4",
                    "event_type": "Login",
                    "source_ip": "192.0.2.7",
                    "login_latitude": 52.5,
                    "number_of_columns": 3,
                    "is_scheduled": False,
                }
            },
        },
    ),
    "salesforce/setupaudittrail": (
        {
            "Id": "0Ym1",
            "Action": "PermSetEnableUserPerm",
            "Section": "Manage Users",
            "CreatedDate": "2026-01-15T09:00:00.000+0000",
            "CreatedById": "0051",
        },
        {
            "@timestamp": MOMENT,
            "event": {"dataset": "salesforce.setupaudittrail"},
            "salesforce": {
                "setupaudittrail": {
                    "id": "0Ym1",
                    "action": "PermSetEnableUserPerm",
                    "section": "Manage Users",
                    "created_by_id": "0051",
                }
            },
        },
    ),
    "salesforce/loginhistory": (
        {"Id": "0Ya1", "UserId": "0051", "LoginTime": "2026-01-15T09:00:00.000+0000", "LoginType": "i", "SourceIp": "::1"},
        {
            "@timestamp": MOMENT,
            "event": {"dataset": "salesforce.loginhistory"},
            "salesforce": {"loginhistory": {"id": "0Ya1", "user_id": "0051", "login_type": "i", "source_ip": "::1"}},
        },
    ),
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.load(Path(__file__).parents[2])


@pytest.mark.parametrize("source", list(SHAPES))
def test_a_documented_row_is_stored_under_documented_names(pack: Pack, source: str) -> None:
    row, document = SHAPES[source]
    event = event_of(row, pack.contracts[source])
    assert event is not None
    assert stored(event, backend_of(pack, "opensearch").stores[source], pack.contracts[source]) == document


def test_every_log_source_has_a_shape(pack: Pack) -> None:
    assert set(SHAPES) == set(backend_of(pack, "opensearch").stores) == set(pack.contracts)


def test_the_templates_type_the_indexes_that_documents_come_into(pack: Pack, opensearch_url: str) -> None:
    """The rows go in as documented, with what a typed field can't hold; the template keeps the rest of such a row."""
    client = OpenSearch(opensearch_url, timeout=300)
    for source, store in backend_of(pack, "opensearch").stores.items():
        client.indices.put_index_template(name=f"casetrail-{name(store)}", body=template(store))
        index = store.index.replace("*", "stored-test")
        _, document = SHAPES[source]
        try:
            client.index(index=index, id="1", body={**document, "@timestamp": "2026-01-15T09:00:00.000Z"}, refresh=True)
            typed = client.indices.get_mapping(index=index)[index]["mappings"]
            assert typed["dynamic"] == "false"
            only = {"bool": {"filter": [{"term": {column: value}} for column, value in store.only.items()]}}
            assert client.count(index=index, body={"query": only})["count"] == 1
        finally:
            client.indices.delete(index=index, ignore_unavailable=True)
            client.indices.delete_index_template(name=f"casetrail-{name(store)}")


def test_a_value_that_does_not_parse_is_left_out_and_its_row_kept(pack: Pack, opensearch_url: str) -> None:
    client = OpenSearch(opensearch_url, timeout=300)
    store = backend_of(pack, "opensearch").stores["salesforce/eventlogfile"]
    body = {"mappings": template(store)["template"]["mappings"]}
    client.indices.create(index="junk-test", body=body)
    junk = {"client_ip": "Salesforce.com IP", "cpu_time": "n/a", "event_type": "Login", "user_agent": "x" * 40_000}
    try:
        client.index(index="junk-test", id="1", body={"@timestamp": 0, "salesforce": {"eventlogfile": junk}}, refresh=True)
        for field, count in (("client_ip", 0), ("cpu_time", 0), ("event_type", 1), ("user_agent", 0)):
            query = {"exists": {"field": f"salesforce.eventlogfile.{field}"}}
            assert client.count(index="junk-test", body={"query": query})["count"] == count, field
        dataset = {"term": {"event.dataset": "salesforce.eventlogfile"}}
        assert client.count(index="junk-test", body={"query": dataset})["count"] == 1
    finally:
        client.indices.delete(index="junk-test")

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from casetrail.logs.event import event_of
from casetrail.logs.rows import rows
from casetrail.pack.pack import Pack

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
PACK = Pack.load(ROOT)
OKTA = {"uuid": "u", "published": "2026-01-15T09:00:00.000Z", "eventType": "user.session.start"}
ACTIVITY = {
    "id": {"time": "2026-01-15T09:00:00.000Z", "uniqueQualifier": "1", "applicationName": "chrome"},
    "actor": {"email": "a@example.com"},
    "events": [
        {
            "type": "T",
            "name": "CONTENT_TRANSFER",
            "parameters": [{"name": "url", "value": "x"}, {"name": "TAGS", "multiValue": ["a", "b"]}],
        },
        {"type": "T", "name": "LOGIN_EVENT", "parameters": [{"name": "CONTENT_SIZE", "intValue": "7"}, {"name": "EMPTY"}]},
    ],
}
LOGIN = {"EventIdentifier": "e", "EventDate": "2026-01-15T09:00:00.000+0000", "UserId": "u"}

FORMS: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("a bare row", OKTA, [("okta/okta", "u")]),
    ("a list", [OKTA, {**OKTA, "uuid": "v"}], [("okta/okta", "u"), ("okta/okta", "v")]),
    ("an event hook", {"eventId": "h", "data": {"events": [OKTA]}}, [("okta/okta", "u")]),
    ("an envelope nobody told of", {"deep": {"er": [{"record": OKTA}]}}, [("okta/okta", "u")]),
    (
        "a page of activities",
        {"kind": "page", "items": [ACTIVITY]},
        [
            ("gcp/google_workspace.chrome", "2026-01-15T09:00:00.000Z|1|CONTENT_TRANSFER"),
            ("gcp/google_workspace.chrome", "2026-01-15T09:00:00.000Z|1|LOGIN_EVENT"),
        ],
    ),
    ("a stream message", {"channel": "/event/FileEventStream", "data": {"payload": LOGIN}}, [("salesforce/realtime", "e")]),
    ("nothing known", {"hello": "world"}, []),
    ("another application", {**ACTIVITY, "id": {**ACTIVITY["id"], "applicationName": "drive"}}, []),  # type: ignore[dict-item]
]


@pytest.mark.parametrize(("form", "document", "expected"), FORMS, ids=[row[0] for row in FORMS])
def test_a_document_gives_its_rows(form: str, document: Any, expected: list[tuple[str, str]]) -> None:
    found = [(contract.key, event_of(row, contract)) for contract, row in rows(document, PACK.contracts)]
    assert [(key, event.id) for key, event in found if event is not None] == expected


def test_parameters_become_keys_and_the_holder_lends_its_own() -> None:
    (_, first), (_, second) = rows(ACTIVITY, PACK.contracts)
    assert (first["URL"], first["TAGS"], first["actor"]) == ("x", ["a", "b"], {"email": "a@example.com"})
    assert (second["CONTENT_SIZE"], second["EMPTY"]) == ("7", None)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"channel": "/event/LoginEventStream"}, "LoginEvent"),
        ({"attributes": {"type": "BulkApiResultEventStore"}}, "BulkApiResultEvent"),
        ({"EventType": "FileEvent"}, "FileEvent"),
    ],
)
def test_the_event_type_is_told_by_whatever_carries_it(row: dict[str, Any], kind: str) -> None:
    ((_, settled),) = rows({**LOGIN, **row}, PACK.contracts)
    assert settled["EventType"] == kind


def test_an_exporters_spelling_is_settled() -> None:
    row = {"action": "createduser", "display": "x", "sfdc_created_date": "2026-01-15T09:00:00+00:00", "record_id": "1"}
    ((contract, settled),) = rows(row, PACK.contracts)
    assert (contract.key, settled["Action"]) == ("salesforce/setupaudittrail", "createduser")


def sample_files() -> list[Path]:
    return sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".json", ".yml")) if SAMPLES.is_dir() else []


UNKNOWN = {"gws_login_success.json"}
"""A row of Google's login application, for which there is no contract."""


@pytest.mark.skipif(not sample_files(), reason="the folder of other people's rows is not here")
@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.name)
def test_rows_that_nobody_here_wrote_tell_their_log(path: Path) -> None:
    document = yaml.safe_load(path.read_text("utf-8")) if path.suffix == ".yml" else orjson.loads(path.read_bytes())
    found = {(contract.product, event_of(row, contract) is not None) for contract, row in rows(document, PACK.contracts)}
    product = {"google": "gcp"}.get(path.parent.name, path.parent.name)
    assert found == (set() if path.name in UNKNOWN else {(product, True)})

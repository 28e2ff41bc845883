"""What SIEMs, shells and collectors make of a vendor's rows is read as the rows themselves."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from casetrail.logs.event import event_of
from casetrail.logs.faults import Faults
from casetrail.logs.read import documents
from casetrail.logs.rows import rows
from casetrail.pack.pack import Pack
from casetrail.plan.values import bag
from tests.cli.ways import ROOT, okta

PACK = Pack.load(ROOT)
TARGETS = [{"id": "00u1", "type": "User", "alternateId": "b@example.com"}, {"id": "0oa2", "type": "AppInstance"}]
OKTA = [
    okta(
        f"e{number}",
        number,
        actor={"id": f"00u{number}", "alternateId": "a@example.com", "type": "User"},
        client={"ipAddress": "198.51.100.7", "userAgent": {"rawUserAgent": 'x "quoted" {y}', "os": "Mac OS X"}},
        target=TARGETS,
    )
    for number in range(3)
]
Seen = list[tuple[str, str, dict[str, list[str]]]]


def read(folder: Path, name: str, content: bytes) -> tuple[Seen, Faults]:
    """The events of a file, each with the values of all fields that it has; and what was wrong."""
    (folder / name).write_bytes(content)
    faults, found = Faults(), []
    for _, document in documents(folder / name, faults):
        for contract, row in rows(document, PACK.defined):
            event = event_of(row, contract)
            assert event is not None
            values = {path: texts for path, field in contract.fields.items() if (texts := bag(row, field))}
            found.append((contract.key, event.id, values))
    return found, faults


def lined(*items: object) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def text(item: object) -> str:
    return json.dumps(item)


PLAIN = lined(*OKTA)
PRETTY = b"\n".join(json.dumps(row, indent=2).encode() for row in OKTA)


def archived(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def flat(value: object, name: str, at: Callable[[str, int], str]) -> dict[str, object]:
    """A row's values by dotted names. at: the name of an item of a list."""
    if isinstance(value, Mapping):
        return {k: v for key, inner in value.items() for k, v in flat(inner, f"{name}.{key}" if name else key, at).items()}
    if isinstance(value, list):
        return {k: v for number, inner in enumerate(value) for k, v in flat(inner, at(name, number), at).items()}
    return {name: value}


def splunk(row: Mapping[str, Any]) -> dict[str, object]:
    found = flat({key: value for key, value in row.items() if key != "target"}, "", str.format)
    names = dict.fromkeys(name for item in row["target"] for name in item)
    return found | {f"target{{}}.{name}": [item[name] for item in row["target"] if name in item] for name in names}


def table(made: list[dict[str, object]]) -> bytes:
    names = list(dict.fromkeys(name for row in made for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(made)
    return out.getvalue().encode()


def celled(value: object) -> object:
    return text(value) if isinstance(value, dict | list) else value


def dots(name: str, number: int) -> str:
    return f"{name}.{number}"


def brackets(name: str, number: int) -> str:
    return f"{name}[{number}]"


FORMS: dict[str, tuple[str, bytes]] = {
    "Splunk's export": ("x.json", lined(*({"preview": False, "result": {"_raw": text(row), "_time": "1"}} for row in OKTA))),
    "Elastic's document": ("x.ndjson", lined(*({"_source": {"event": {"original": text(row)}}} for row in OKTA))),
    "a collector's message": ("x.ndjson", lined(*({"message": text(row), "host": {"name": "h"}} for row in OKTA))),
    "a container's log": ("x.log", lined(*({"log": text(row) + "\n", "stream": "stdout"} for row in OKTA))),
    "CloudWatch": ("x.json", lined({"logEvents": [{"id": str(n), "message": text(row)} for n, row in enumerate(OKTA)]})),
    "a message in a message": ("x.json", lined({"Message": text({"Records": [{"body": text(row)} for row in OKTA]})})),
    "a list of texts": ("x.json", lined([text(row) for row in OKTA])),
    "a list": ("x.json", json.dumps(OKTA).encode()),
    "objects without a break": ("x.json", b"".join(json.dumps(row).encode() for row in OKTA)),
    "objects with blanks between": ("x.json", b" ".join(json.dumps(row).encode() for row in OKTA)),
    "objects over lines": ("x.json", PRETTY),
    "objects over lines, commas between": ("x.json", PRETTY.replace(b"\n}\n{", b"\n},\n{")),
    "commas after rows": ("x.json", b",\n".join(json.dumps(row).encode() for row in OKTA) + b",\n"),
    "commas before rows": ("x.json", b"\n,".join(json.dumps(row).encode() for row in OKTA)),
    "RFC 7464": ("x.json", b"".join(b"\x1e" + json.dumps(row).encode() + b"\n" for row in OKTA)),
    "RFC 3164": ("x.log", b"".join(b"<14>Jan 15 09:00:00 h okta[7]: " + json.dumps(row).encode() + b"\n" for row in OKTA)),
    "RFC 5424": (
        "x.log",
        b"".join(b'<14>1 2026-01-15T09:00:00Z h okta 7 - [a@1 b="c d"] ' + json.dumps(row).encode() + b"\n" for row in OKTA),
    ),
    "UTF-16 with a mark": ("x.json", PLAIN.decode().encode("utf-16")),
    "UTF-16, little end first": ("x.json", PLAIN.decode().encode("utf-16-le")),
    "UTF-16, big end first": ("x.json", PLAIN.decode().encode("utf-16-be")),
    "UTF-16, packed": ("x.ndjson.gz", gzip.compress(PLAIN.decode().encode("utf-16"))),
    "an archive": ("x.zip", archived({"a/": b"", "a/one.ndjson": lined(OKTA[0]), "two.json": lined(*OKTA[1:])})),
    "an archive by its content": ("x.log", archived({"one.ndjson.gz": gzip.compress(PLAIN), "__MACOSX/._one": b"\x00"})),
    "dotted names": ("x.ndjson", lined(*(flat(row, "", dots) for row in OKTA))),
    "dotted names with brackets": ("x.ndjson", lined(*(flat(row, "", brackets) for row in OKTA))),
    "Splunk's names": ("x.json", lined(*({"result": splunk(row)} for row in OKTA))),
    "a table of dotted names": ("x.csv", table([flat(row, "", dots) for row in OKTA])),
    "a table with JSON in cells": (
        "x.csv",
        table([{k: text(v) if isinstance(v, dict | list) else v for k, v in row.items()} for row in OKTA]),
    ),
    "small letters": ("x.ndjson", PLAIN.replace(b"eventType", b"eventtype").replace(b"alternateId", b"alternateid")),
    "capitals": ("x.ndjson", PLAIN.replace(b"published", b"PUBLISHED").replace(b"uuid", b"UUID")),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_holds_the_same_events(name: str, tmp_path: Path) -> None:
    plain, _ = read(tmp_path, "plain.ndjson", PLAIN)
    assert [identity for _, identity, _ in plain] == ["e0", "e1", "e2"]
    found, faults = read(tmp_path, *FORMS[name])
    assert (found, faults.fatal, faults.lost) == (plain, [], 0)


ELF = [
    {
        "EVENT_TYPE": "URI",
        "TIMESTAMP_DERIVED": "2026-01-15T09:00:00.000Z",
        "REQUEST_ID": f"r{number}",
        "ORGANIZATION_ID": "00D1",
        "USER_ID": "005000000000Eve",
    }
    for number in range(2)
]


def test_the_case_systems_columns_are_known_in_small_letters(tmp_path: Path) -> None:
    plain, _ = read(tmp_path, "plain.csv", table([dict(row) for row in ELF]))
    small, faults = read(tmp_path, "small.csv", table([{key.lower(): value for key, value in row.items()} for row in ELF]))
    assert small == plain
    assert len(plain) == 2
    assert not faults.fatal


ACTIVITY = {
    "kind": "admin#reports#activity",
    "id": {"time": "2026-01-15T09:00:00.000Z", "uniqueQualifier": "1", "applicationName": "admin", "customerId": "C0"},
    "actor": {"email": "admin@example.com"},
}
EVENT = {"type": "T", "name": "CHANGE_CHROME_OS_USER_SETTING", "parameters": [{"name": "SETTING_NAME", "value": "s"}]}


@pytest.mark.parametrize(
    "document",
    [
        {**ACTIVITY, "events": EVENT},
        {**ACTIVITY, "events": [{**EVENT, "parameters": {"SETTING_NAME": "s"}}]},
        {**ACTIVITY, "events": [{**EVENT, "parameters": {"setting_name": {"value": "s"}}}]},
        {**ACTIVITY, "event": {**EVENT, "parameters": EVENT["parameters"][0]}},
        {"items": {**ACTIVITY, "events": [EVENT]}},
        {**ACTIVITY, **EVENT},
    ],
)
def test_a_list_of_one_may_be_what_it_holds(document: object, tmp_path: Path) -> None:
    plain, _ = read(tmp_path, "plain.json", lined({**ACTIVITY, "events": [EVENT]}))
    assert plain[0][2]["SETTING_NAME"] == ["s"]
    assert read(tmp_path, "x.json", lined(document))[0] == plain


@pytest.mark.parametrize(
    ("content", "kept", "lost"),
    [
        (lined(OKTA[0]) + b'{"uuid": "x", "actor": {"id": 1}, "publ\n' + lined(OKTA[1]), 2, 1),
        (b'", "actor": {"id": "x"}}\n' + lined(OKTA[0]), 1, 1),
        (json.dumps(OKTA[0]).encode() + b" and more\n" + lined(OKTA[1]), 2, 1),
        (PRETTY[: len(PRETTY) - 20], 2, 1),
        (b"<14>h okta: " + json.dumps(OKTA[0]).encode()[:-9] + b"\n" + lined(OKTA[1]), 1, 1),
    ],
)
def test_what_is_cut_is_lost_and_told_and_the_rest_is_read(content: bytes, kept: int, lost: int, tmp_path: Path) -> None:
    found, faults = read(tmp_path, "x.log", content)
    assert (len(found), faults.lost) == (kept, lost)


def encrypted() -> bytes:
    content = bytearray(archived({"x.ndjson": PLAIN}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return bytes(content)


def overlapping() -> bytes:
    content = bytearray(archived({"x.ndjson": PLAIN, "y.ndjson": PLAIN}))
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[second + 42 : second + 46] = bytes(4)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "kept", "told"),
    [
        (archived({"../../x.ndjson": PLAIN, "t.parquet": b"PAR1", "z.ndjson": lined(OKTA[0])}), 4, "Parquet"),
        (archived({"in.zip": archived({"x.ndjson": PLAIN}), "z.ndjson": lined(OKTA[0])}), 1, "a ZIP archive"),
        (encrypted(), 0, "it is encrypted"),
        (overlapping(), 0, "overlap"),
        (archived({}), 0, "holds no files"),
        (archived({"x.ndjson": PLAIN})[:-10], 0, "cut short"),
    ],
)
def test_an_archive_is_read_as_far_as_it_can_be(content: bytes, kept: int, told: str, tmp_path: Path) -> None:
    found, faults = read(tmp_path, "x.zip", content)
    assert len(found) == kept
    assert len(faults.fatal) == 1
    assert told in faults.fatal[0]
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]

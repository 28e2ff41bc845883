"""Tokens in HAR files are named by all but their values."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from casetrail.trail.files import write
from casetrail.trail.har import tokens
from casetrail.trail.result import Asked
from casetrail.trail.run import run
from tests.incidents.replays import pack
from tests.trail.rows import elf, log

SID = "102abcdefgh-secret-session"


def jwt(**claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{body}.signature"


def har(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}))
    return path


def entry(url: str = "https://a.okta.example/app", **request: Any) -> dict[str, Any]:
    return {"request": {"url": url, **request}, "response": {}}


def test_cookies_headers_addresses_forms_and_bodies_are_read(tmp_path: Path) -> None:
    bearer = jwt(iss="https://a.okta.example", exp=1_700_000_000)
    har(
        tmp_path / "trace.har",
        entry(headers=[{"name": "Cookie", "value": f"sid={SID}; lang=en-GB-with-a-long-tail"}]),
        entry(cookies=[{"name": "idx", "value": "eyJ-not-a-jwt-value", "expires": "2023-10-18T00:00:00Z"}]),
        entry(headers=[{"name": "Authorization", "value": f"Bearer {bearer}"}]),
        entry("https://b.example/?access_token=abcdefghijklmnop&page=abcdefghijklmnop"),
        entry(postData={"mimeType": "application/x-www-form-urlencoded", "text": "SAMLResponse=abcdefghijklmnop"}),
        entry(postData={"mimeType": "application/json", "text": json.dumps({"x": [{"sessionToken": "abcdefghijklmnop"}]})}),
    )
    found, faults = tokens(tmp_path)
    assert faults == []
    assert {(one.where, one.name) for one in found} == {
        ("cookie", "sid"),
        ("cookie", "idx"),
        ("header, Bearer", "Authorization"),
        ("address", "access_token"),
        ("form", "SAMLResponse"),
        ("body", "sessionToken"),
    }
    (told,) = [one for one in found if one.issuer]
    assert (told.issuer, told.expires) == ("https://a.okta.example", 1_700_000_000_000_000)
    assert {one.digest for one in found if one.name == "sid"} == {hashlib.sha256(SID.encode()).hexdigest()}


def test_no_value_is_in_any_file_of_the_result(tmp_path: Path) -> None:
    folder = tmp_path / "hars"
    folder.mkdir()
    har(folder / "trace.har", entry(headers=[{"name": "Cookie", "value": f"sid={SID}"}]))
    maps = tmp_path / "map.csv"
    maps.write_text("document,name,owner\n069000000000001AAA,trace.har,Brindlekey\n")
    logs = log(tmp_path, [elf("Login", 0, "005000000000Eve", "in", CLIENT_IP="198.51.100.66", LOGIN_KEY="key")])
    asked = Asked(("198.51.100.66",), (), (str(maps),), "a test", str(folder))
    found = run(asked, [logs], pack().contracts)
    write(found, tmp_path / "out")
    assert [row["customer"] for row in found.table("tokens").dicts()] == ["Brindlekey"]
    assert [path.name for path in (tmp_path / "out").iterdir() if SID.encode() in path.read_bytes()] == []


def test_what_is_no_har_file_is_named_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.har").write_text("{")
    (tmp_path / "other.har").write_text('{"log": {"entries": [1]}}')
    har(tmp_path / "trace.har", entry(headers=[{"name": "Cookie", "value": f"sid={SID}"}]))
    found, faults = tokens(tmp_path)
    assert [one.name for one in found] == ["sid"]
    assert [fault.partition(":")[0] for fault in faults] == ["broken.har", "other.har"]

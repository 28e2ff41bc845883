"""Puts custom detections into Microsoft Defender by Microsoft Graph. Needs Python alone.

    export GRAPH_TOKEN=...
    python3 put_detections.py rules/*.json

GRAPH_TOKEN is an access token for Microsoft Graph with the permission CustomDetection.ReadWrite.All. A rule that is new comes in
disabled; of one that is there, its status stays as it is and the rest is replaced. Ends with 1 when a rule was refused.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any

GRAPH = "https://graph.microsoft.com/beta"
TIMES = 5
LONGEST_PAUSE = 60.0
LONGEST_ANSWER = 10_000_000


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def asked(method: str, url: str, token: str, body: object = None) -> tuple[int, Any]:
    """The status and JSON of an answer; waits and asks again, a few times, when the service is busy. Raises OSError."""
    content = None if body is None else json.dumps(body).encode()
    for turn in range(1, TIMES + 1):
        request = urllib.request.Request(url, content, method=method)  # noqa: S310
        request.add_unredirected_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Type", "application/json")
        try:
            with _OPENER.open(request, timeout=60) as answer:
                return answer.status, _read(answer.read(LONGEST_ANSWER))
        except urllib.error.HTTPError as error:
            if error.code not in (429, 502, 503, 504) or turn == TIMES:
                return error.code, _read(error.read(LONGEST_ANSWER))
            told = error.headers.get("Retry-After", "")
            time.sleep(min(float(told) if told.isdecimal() else 2.0**turn, LONGEST_PAUSE))
        except HTTPException as error:
            raise OSError(f"the answer is cut: {type(error).__name__}") from None
    raise AssertionError("unreachable")


def _read(content: bytes) -> Any:
    try:
        return json.loads(content) if content else {}
    except ValueError:
        return content.decode("utf-8", "replace")


def put(rule: dict[str, Any], graph: str, token: str) -> tuple[bool, str]:
    """Makes or replaces a rule; whether it is there now, and what became of it. Raises OSError."""
    rules = f"{graph}/security/rules/detectionRules"
    place = f"{rules}/{urllib.parse.quote(rule['id'], safe='')}"
    status, answer = asked("GET", place, token)
    if status == 200:
        replaced = {key: value for key, value in rule.items() if key not in ("id", "status")}
        done, what = asked("PATCH", place, token, replaced), "replaced"
    elif status == 404:
        done, what = asked("POST", rules, token, rule), "made, disabled"
    else:
        done, what = (status, answer), ""
    return (True, what) if 200 <= done[0] < 300 else (False, f"refused ({done[0]}): {_message(done[1])}")


def _message(answer: Any) -> str:
    try:
        return " ".join(str(answer["error"]["message"]).split())[:500]
    except (KeyError, TypeError):
        return " ".join(str(answer).split())[:500]


def main() -> int:
    parser = argparse.ArgumentParser(description="Puts custom detections into Microsoft Defender.", epilog=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("rules", nargs="+", type=Path, help="files of rules")
    parser.add_argument("--graph", default=GRAPH, help=f"where Microsoft Graph is; {GRAPH} unless given")
    chosen = parser.parse_args()
    token = os.environ.get("GRAPH_TOKEN", "")
    where = urllib.parse.urlsplit(chosen.graph)
    if not token or not (token.isascii() and token.isprintable()):
        print("GRAPH_TOKEN holds no access token for Microsoft Graph", file=sys.stderr)
        return 2
    if where.scheme != "https" and where.hostname not in ("127.0.0.1", "::1", "localhost"):
        print(f"{chosen.graph}: the token is only sent to an address that begins with https://", file=sys.stderr)
        return 2
    refused = 0
    for path in chosen.rules:
        try:
            done, what = put(json.loads(path.read_bytes()), chosen.graph.rstrip("/"), token)
        except (OSError, ValueError, KeyError, TypeError) as error:
            done, what = False, f"not put: {error}"
        refused += not done
        print(f"{path.stem}: {what}", file=sys.stdout if done else sys.stderr, flush=True)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())

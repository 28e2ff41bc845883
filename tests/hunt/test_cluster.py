"""Hunting on a cluster: a real node, real sockets for what can go wrong on the way to one."""

from __future__ import annotations

import http.server
import json
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.cluster import ClusterError
from casetrail.engines.connect import connect
from casetrail.engines.elasticsearch import ElasticsearchEngine
from casetrail.engines.reference import evaluate
from casetrail.hunt.cluster import RuleHunt, hunt_cluster
from casetrail.languages.esql.expressions import LIMIT
from casetrail.plan.nodes import Equals, Is, Plan, Search
from casetrail.stores.store import Backend, StoredField
from tests.elastic.stores import BACKEND, STORE
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, log, plan
from tests.worlds import CONTRACT, SECOND, START

HUNTED = replace(BACKEND, stores={CONTRACT.key: replace(STORE, index="logs-hunted.log-*")})
EVENTS = tuple(log("p a 0, q a 10 U, r x 20, s a 3610, t a 3620.001 v, u b 4000 v"))
PLANS: dict[str, Plan] = {
    "search": Search("search", CONTRACT.key, Is(CONTRACT.fields["kind"], Equals("a", cased=True))),
    "count": plan(COUNT2),
    "first": plan(FIRST),
    "absent": plan(ABSENT),
}
RANGES = [(0, 4000), (10, 10), (11, 3610), (3620.001, 3620.001), (5000, 6000)]


@pytest.fixture(scope="module")
def url(elasticsearch_url: str) -> Iterator[str]:
    engine = ElasticsearchEngine(connect(elasticsearch_url, "Elasticsearch"), HUNTED, {CONTRACT.key: CONTRACT})
    engine.verdicts([Trial(PLANS["search"], EVENTS)])
    yield elasticsearch_url
    engine.close()


def hunted(
    url: str, plans: dict[str, Plan], start: float = 0, end: float = 4000, backend: Backend = HUNTED
) -> list[RuleHunt]:
    times = (START + round(start * SECOND), START + round(end * SECOND))
    return list(hunt_cluster(plans, connect(url, "Elasticsearch"), backend, {CONTRACT.key: CONTRACT}, *times))


def ids(hunt: RuleHunt) -> set[str]:
    assert not hunt.problem
    return {hit.id.partition("~")[2] for hit in hunt.hits}


@pytest.mark.parametrize(("start", "end"), RANGES)
@pytest.mark.parametrize("most", [LIMIT, 2])
def test_a_range_of_time_gives_what_completes_in_it(
    url: str, start: float, end: float, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casetrail.hunt.cluster.LIMIT", most)
    for hunt in hunted(url, PLANS, start, end):
        wanted = evaluate(PLANS[hunt.rule], EVENTS).ids
        inside = {one.id for one in EVENTS if start * SECOND <= one.time - START <= end * SECOND}
        assert ids(hunt) == wanted & inside, hunt.rule


def test_a_hit_carries_time_key_and_evidence(url: str) -> None:
    (hunt,) = hunted(url, {"count": PLANS["count"]}, 0, 60)
    (hit,) = hunt.hits
    assert (hit.rule, hit.id, hit.time, hit.key) == ("count", "0~q", START + 10 * SECOND, {"user": "u"})
    assert hit.evidence == ("0~p", "0~q")


def test_more_rows_than_elasticsearch_gives_within_a_millisecond_are_a_problem(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casetrail.hunt.cluster.LIMIT", 1)
    (hunt,) = hunted(url, {"search": PLANS["search"]})
    assert "within one millisecond" in hunt.problem


def test_what_the_cluster_lacks_is_named_and_ends_no_other_rule(url: str) -> None:
    elsewhere = replace(BACKEND, stores={CONTRACT.key: replace(STORE, index="logs-nowhere-*")})
    (hunt,) = hunted(url, {"search": PLANS["search"]}, backend=elsewhere)
    assert hunt.problem == "no index matches logs-nowhere-*, or the API key may not see it"
    fields = {**STORE.fields, "user": StoredField("test.gone", "keyword")}
    lacking = replace(BACKEND, stores={CONTRACT.key: replace(STORE, index="logs-hunted.log-*", fields=fields)})
    broken, whole = hunted(url, {"count": PLANS["count"], "search": PLANS["search"]}, backend=lacking)
    assert broken.problem == "user of test/log is looked for in test.gone, which no index of logs-hunted.log-* has"
    assert ids(whole) == {"p", "q", "s", "t"}


def test_what_elasticsearch_cannot_say_is_a_problem_of_the_rule(url: str) -> None:
    median = plan({"type": "value_median", "rules": ["a"], "condition": {"gte": 2, "field": "n"}})
    assert "estimated" in hunted(url, {"median": median})[0].problem


@contextmanager
def serving(answer: tuple[int, dict[str, Any]] | str, certificate: Path | None = None) -> Iterator[str]:
    """A server on loopback that gives one answer, or passes requests on to an address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if isinstance(answer, str):
                headers = {"Content-Type": self.headers["Content-Type"], "Accept": self.headers["Accept"]}
                request = urllib.request.Request(answer + self.path, body, headers, method="POST")
                with urllib.request.urlopen(request) as got:
                    self.give(got.status, got.headers["Content-Type"], got.read())
            else:
                self.give(answer[0], "application/json", json.dumps(answer[1]).encode())

        def give(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            if answer != PLAIN:
                self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def refusal(status: int) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"type": "security_exception", "reason": "no"}, "status": status}


PLAIN = (200, {"hello": "there"})
REFUSALS = [
    (refusal(401), r"rejects the API key or password \(401\)"),
    (refusal(403), r"may not read logs-hunted\.log-\* \(403\)"),
    (PLAIN, "no Elasticsearch"),
]


@pytest.mark.parametrize(("answer", "said"), REFUSALS)
def test_a_refusal_ends_the_hunt_and_says_why(answer: tuple[int, dict[str, Any]], said: str) -> None:
    with serving(answer) as address, pytest.raises(ClusterError, match=said):
        hunted(address, PLANS)


def test_no_connection() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ClusterError, match="can't be reached"):
        hunted(f"http://127.0.0.1:{port}", PLANS)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that no usual authority has signed, its key beside it."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on the path, which makes the test's certificate")
    made = tmp_path_factory.mktemp("tls") / "server.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-out", str(made), *names]
    subprocess.run([*command, "-keyout", str(made.with_suffix(".key"))], check=True, capture_output=True)
    return made


def test_a_certificate_that_is_not_trusted_ends_the_hunt(certificate: Path) -> None:
    with serving(PLAIN, certificate) as address, pytest.raises(ClusterError, match=r"can't be trusted .*--ca"):
        hunted(address, PLANS)


def test_a_certificate_of_a_given_authority_is_trusted(url: str, certificate: Path) -> None:
    with serving(url, certificate) as address:
        client = connect(address, "Elasticsearch", api_key="key", ca=certificate)
        times = (START, START + 4000 * SECOND)
        (hunt,) = hunt_cluster({"count": PLANS["count"]}, client, HUNTED, {CONTRACT.key: CONTRACT}, *times)
    assert ids(hunt) == {"q", "s"}

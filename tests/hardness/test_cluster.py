"""Whatever answers in a cluster's place: it ends in a sentence, in time, in bounded memory, and nothing it says counts as whole."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from casetrail.cli.main import cli
from casetrail.engines.base import Trial
from casetrail.engines.cluster import AnswerError, ClusterError, Limits
from casetrail.engines.connect import connect
from casetrail.engines.elasticsearch import ElasticsearchEngine
from casetrail.engines.opensearch import OpenSearchEngine
from casetrail.hunt.cluster import hunt_cluster
from casetrail.plan.nodes import Equals, Is, Plan, Search
from tests.cli.ways import ROOT
from tests.elastic.stores import BACKEND as ELASTIC
from tests.engines.test_reference import COUNT2, log, plan
from tests.hardness.hostile_server import Answers, Request, Talk, bomb, dripping, endless, http, serving
from tests.opensearch.stores import BACKEND as OPENSEARCH
from tests.worlds import CONTRACT, SECOND, START

KEY = "c2VjcmV0OmtleQ=="
LIMITS = Limits(seconds=0.5, size=1024 * 1024)
SECONDS = 10
MEMORY = 64 * 1024 * 1024
CONTRACTS = {CONTRACT.key: CONTRACT}
PLANS: dict[str, Plan] = {
    "search": Search("search", CONTRACT.key, Is(CONTRACT.fields["kind"], Equals("a", cased=True))),
    "count": plan(COUNT2),
}
EVENTS = tuple(log("p a 0, q a 10 U"))
HEAD = b"HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
DEEP = 100_000


def refusal(status: int, error: object = None, *headers: str) -> bytes:
    return http({"error": error or {"type": "x_exception", "reason": "no"}, "status": status}, status, *headers)


def table(
    *rows: object, columns: tuple[object, ...] = ("event_id", "@timestamp", "user", "n", "evidence"), **more: object
) -> bytes:
    named = [{"name": name, "type": "keyword"} for name in columns]
    return http({"columns": named, "values": list(rows), **more})


ROW = ["0~q", "2026-01-15T09:00:10.000Z", "u", 2, ["0~p", "0~q"]]


def but(**changes: object) -> list[object]:
    names = ("id", "time", "user", "n", "evidence")
    return [changes.get(name, value) for name, value in zip(names, ROW, strict=True)]


ANYWHERE: dict[str, bytes | Talk] = {
    "closes": b"",
    "no HTTP": b"\x16\x03\x01\x00\xa5garbage",
    "a line without an end": endless(b"HTTP/1.1 200 ", b"x" * 4096),
    "an old HTTP": b"hello\r\n",
    "a status that is no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "a status beyond numbers": b"HTTP/1.1 99999 OK\r\n\r\n{}",
    "a head and no end": HEAD,
    "a thousand headers": HEAD + b"X-Y: z\r\n" * 1000 + b"\r\n{}",
    "a header of a megabyte": HEAD + b"X: " + b"y" * 1024 * 1024 + b"\r\n\r\n{}",
    "headers without an end": endless(HEAD, b"X-Y: z\r\n"),
    "headers that drip": dripping(HEAD + b"X: "),
    "silence": lambda connection: time.sleep(2),
    "told to go on for ever": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body cut short": HEAD + b"Content-Length: 100\r\n\r\n{}",
    "a length below zero": HEAD + b"Content-Length: -5\r\n\r\n{",
    "a length of an exabyte": HEAD + b"Content-Length: 1000000000000000000\r\n\r\n{}",
    "a body without an end": endless(HEAD + b"\r\n["),
    "a body that drips": dripping(HEAD + b"Content-Length: 500000\r\n\r\n["),
    "chunks cut short": CHUNKED + b"5\r\n[",
    "a chunk of no size": CHUNKED + b"zz\r\n[]\r\n0\r\n\r\n",
    "a chunk of an exabyte": CHUNKED + b"fffffffffffffff\r\n[]",
    "chunks without an end": endless(CHUNKED, b"5\r\n     \r\n"),
    "a packed bomb": bomb(),
    "sent elsewhere": http({}, 301, "Location: http://127.0.0.1:1/"),
    "sent to a file": http({}, 302, "Location: file:///etc/passwd"),
    "no content": http(b"", 204),
    "nothing": http(b""),
    "HTML": http(b"<html><body>Welcome</body></html>"),
    "HTML of a broken gateway": http(b"<html>\x1b[2J</html>", 502),
    "a list": http([]),
    "an empty object": http({}),
    "null": http(None),
    "a number": http(3),
    "a text": http("x"),
    "no UTF-8": http(b'{"columns": "\xff\xfe"}'),
    "NaN": http(b'{"columns": NaN}'),
    "half a character": http(b'{"columns": ["\\ud800"]}'),
    "deep": http(b"[" * DEEP + b"]" * DEEP),
    "a long number": http(b'{"columns": ' + b"9" * 500_000 + b"}"),
    "wrong credentials": refusal(401),
    "not allowed": refusal(403),
    "no index": refusal(404, {"type": "index_not_found_exception", "reason": "no such index"}),
    "too large a request": refusal(413),
    "a full disk": refusal(429, None, "Retry-After: 0"),
    "no master": refusal(503, None, "Retry-After: 0"),
    "an odd time to wait": refusal(503, None, "Retry-After: -1e9"),
    "an error of the server": refusal(500),
    "an error that is a text": refusal(400, "no handler"),
    "an error that is a number": refusal(400, 4),
    "an error that is a list": refusal(400, [[]]),
    "an error of odd parts": refusal(400, {"type": ["x"], "reason": {"a": 1}, "root_cause": "x", "caused_by": []}),
    "an error that holds itself deep": refusal(400, json.loads('{"caused_by":' * 200 + "{}" + "}" * 200)),
    "a long error": refusal(400, {"type": "x", "reason": "y" * 500_000}),
    "an error that steers a terminal": refusal(400, {"type": "x", "reason": "\x1b]0;owned\x07\x1b[2J"}),
    "an error that says the key": refusal(400, {"type": "x", "reason": f"bad key {KEY}"}),
}
TABLES: dict[str, bytes | Talk] = {
    "another product": http({"columns": [], "values": []}, product=False),
    "columns that are none": http({"columns": 1, "values": []}),
    "columns without names": http({"columns": [{}], "values": []}),
    "columns of numbers": table(ROW, columns=(1, 2, 3, 4, 5)),
    "a column twice": table(ROW, columns=("event_id", "@timestamp", "@timestamp", "n", "evidence")),
    "no rows": http({"columns": []}),
    "rows that are none": table(1),
    "a short row": table(ROW[:3]),
    "a long row": table([*ROW, "x"]),
    "other columns": table([1, 2], columns=("a", "b")),
    "a column too many": table([*ROW, "x"], columns=("event_id", "@timestamp", "user", "n", "evidence", "more")),
    "no time": table(but(time=None)),
    "a time that is a number": table(but(time=1768467610000)),
    "yesterday": table(but(time="yesterday")),
    "a time beyond the years": table(but(time="10000-01-01T00:00:00Z")),
    "a time that is a list": table(but(time=["2026-01-15T09:00:10.000Z"])),
    "no id": table(but(id=None)),
    "an id that is a list": table(but(id=["0~q"])),
    "evidence of numbers": table(but(evidence=[1, 2])),
    "evidence that is an object": table(but(evidence={})),
    "a part of the data": table(ROW, is_partial=True),
    "a part, oddly said": table(ROW, is_partial="no"),
    "clusters left out": table(ROW, _clusters={"total": 2, "skipped": 1}),
    "clusters that failed": table(ROW, _clusters={"total": 2, "failed": 1}),
}


def hits(*found: object, total: object = None, shards: object = None, **more: object) -> bytes:
    counted = {"value": len(found), "relation": "eq"} if total is None else total
    whole = {"total": 2, "successful": 2, "skipped": 0, "failed": 0}
    return http(
        {"timed_out": False, "_shards": whole if shards is None else shards, "hits": {"total": counted, "hits": list(found)}}
        | more
    )


HITS: dict[str, bytes | Talk] = {
    "no hits": http({"_shards": {"failed": 0}}),
    "hits that are none": hits(1),
    "a hit without an id": hits({}),
    "an id that is a number": hits({"_id": 1}),
    "no total": hits({"_id": "0~p"}, total={}),
    "a total that is a truth": hits({"_id": "0~p"}, total={"value": True}),
    "shards that failed": hits(shards={"total": 2, "failed": 1}),
    "shards, oddly said": hits(shards={"failed": "many"}),
    "no shards": hits(shards=[]),
    "too late": hits(timed_out=True),
    "ended early": hits(terminated_early=True),
    "clusters left out": hits(_clusters={"skipped": 1}),
    "no aggregation": hits(aggregations={}),
    "an aggregation of numbers": hits(aggregations={"result": {"value": [1]}}),
}


def steadily(answer: bytes | Talk) -> Answers:
    return lambda request: answer


def asked_only(answer: bytes | Talk) -> Answers:
    """A cluster that takes all events, and answers searches so."""

    def answers(request: Request) -> bytes | Talk:
        if "/_query" in request.path or "/_search" in request.path:
            return answer
        if "/_bulk" in request.path:
            count = request.body.count(b'{"index"')
            return http({"errors": False, "items": [{"index": {"status": 201}}] * count})
        return http({"nodes": {"a": {"version": "8.19.0"}}} if "/_nodes" in request.path else {})

    return answers


def told(text: str) -> None:
    """What a failure says is a short sentence that keeps the secrets."""
    assert text
    assert len(text) < 700, text
    assert KEY not in text
    assert "Traceback" not in text


@pytest.mark.parametrize("name", [*ANYWHERE, *TABLES])
def test_a_hunt_ends_in_words(name: str) -> None:
    answer = {**ANYWHERE, **TABLES}[name]
    times = (START, START + 4000 * SECOND)
    begun = time.monotonic()
    tracemalloc.start()
    try:
        with serving(steadily(answer)) as (url, _):
            cluster = connect(url, "Elasticsearch", api_key=KEY, limits=LIMITS)
            found = list(hunt_cluster({"count": PLANS["count"]}, cluster, ELASTIC, CONTRACTS, *times))
    except ClusterError as error:
        told(str(error))
    else:
        (hunt,) = found
        assert hunt.hits == (), hunt
        told(hunt.problem)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert time.monotonic() - begun < SECONDS
    assert peak < MEMORY


UNREAD = {name for name in TABLES if "time" in name or "evidence" in name or name in ("yesterday", "a column too many")}
"""What stands in columns that a proof doesn't read."""
PROOFS = [
    *(("Elasticsearch", name) for name in [*ANYWHERE, *TABLES] if name not in UNREAD),
    *(("OpenSearch", name) for name in [*ANYWHERE, *HITS]),
]


@pytest.mark.parametrize(("product", "name"), PROOFS)
def test_a_proof_ends_in_words_and_proves_nothing(product: str, name: str) -> None:
    answer = {**ANYWHERE, **(TABLES if product == "Elasticsearch" else HITS)}[name]
    kind, backend = (ElasticsearchEngine, ELASTIC) if product == "Elasticsearch" else (OpenSearchEngine, OPENSEARCH)
    begun = time.monotonic()
    with serving(asked_only(answer)) as (url, asked):
        engine = kind(connect(url, product, api_key=KEY, limits=LIMITS), backend, CONTRACTS)
        try:
            (verdict,) = engine.verdicts([Trial(PLANS["count" if "aggregation" in name else "search"], EVENTS)])
        except ClusterError as error:
            told(str(error))
        else:
            assert isinstance(verdict, AnswerError), verdict
            told(str(verdict))
        engine.close()
    assert time.monotonic() - begun < SECONDS
    assert asked[-1].method == "DELETE"


@pytest.mark.parametrize("where", ["PUT", "_bulk"])
@pytest.mark.parametrize("name", ANYWHERE)
def test_what_answers_a_proof_before_it_asks_ends_it_in_words(name: str, where: str) -> None:
    def answers(request: Request) -> bytes | Talk:
        here = request.method == where or where in request.path
        return ANYWHERE[name] if here else asked_only(b"")(request)

    with serving(answers) as (url, _):
        engine = OpenSearchEngine(connect(url, "OpenSearch", api_key=KEY, limits=LIMITS), OPENSEARCH, CONTRACTS)
        try:
            for verdict in engine.verdicts([Trial(PLANS["search"], EVENTS)]):
                assert isinstance(verdict, AnswerError), verdict
                told(str(verdict))
        except (ClusterError, AnswerError) as error:
            told(str(error))


def test_a_right_answer_is_taken() -> None:
    times = (START, START + 4000 * SECOND)
    with serving(steadily(table(ROW))) as (url, asked):
        cluster = connect(url, "Elasticsearch", api_key=KEY, limits=LIMITS)
        (hunt,) = hunt_cluster({"count": PLANS["count"]}, cluster, ELASTIC, CONTRACTS, *times)
    assert (len(hunt.hits), hunt.problem) == (1, "")
    assert f"Authorization: ApiKey {KEY}" in asked[0].head


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_cluster_is_asked_once_more(status: int) -> None:
    answers = iter([refusal(status, None, "Retry-After: 0"), table(ROW)])
    times = (START, START + 4000 * SECOND)
    with serving(lambda request: next(answers)) as (url, asked):
        cluster = connect(url, "Elasticsearch", limits=LIMITS)
        (hunt,) = hunt_cluster({"count": PLANS["count"]}, cluster, ELASTIC, CONTRACTS, *times)
    assert (len(hunt.hits), hunt.problem, len(asked)) == (1, "", 2)


def test_one_rejected_event_is_the_verdict_of_its_case_alone() -> None:
    items = [{"index": {"status": 400, "error": {"type": "x", "reason": "too long"}}}, *[{"index": {"status": 201}}] * 3]

    def answers(request: Request) -> bytes | Talk:
        if "/_bulk" in request.path:
            return http({"errors": True, "items": items})
        return asked_only(hits({"_id": "1~p"}, {"_id": "1~q"}))(request)

    with serving(answers) as (url, _):
        engine = OpenSearchEngine(connect(url, "OpenSearch"), OPENSEARCH, CONTRACTS)
        broken, right = engine.verdicts([Trial(PLANS["search"], EVENTS), Trial(PLANS["search"], EVENTS)])
    assert isinstance(broken, AnswerError)
    assert "too long" in str(broken)
    assert right == frozenset("pq")


def prove(
    engine: str, answers: Answers, *more: str, key: Mapping[str, str] = {"CASETRAIL_T": "hunter2"}
) -> tuple[int, str, list[Request]]:
    with serving(answers) as (url, asked):
        words = ["--pack", str(ROOT), "prove", "okta_api_token_created", "--engine", engine, "--url", url, *more]
        result = CliRunner().invoke(cli, words, env=dict(key))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output, asked


@pytest.mark.parametrize("engine", ["elasticsearch", "opensearch"])
def test_a_proof_of_partial_answers_exits_2_and_names_the_rule(engine: str) -> None:
    whole = http({"columns": [], "values": [], "is_partial": True, "timed_out": True, "_shards": {"failed": 1}})
    code, said, _ = prove(engine, asked_only(whole))
    assert code == 2
    assert f"not run: okta_api_token_created on {engine}" in said
    assert "partial" in said


def test_a_cluster_without_nodes_or_a_version_is_an_error() -> None:
    odd: tuple[Any, ...] = ({}, {"nodes": {}}, {"nodes": {"a": {}}}, {"nodes": []}, [])
    for nodes in odd:

        def answers(request: Request, nodes: Any = nodes) -> bytes | Talk:
            return http(nodes) if "/_nodes" in request.path else asked_only(hits())(request)

        _, said, _ = prove("opensearch", answers)
        assert "its answer has no" in said


def test_the_password_goes_to_the_cluster_and_nowhere_else() -> None:
    echo = refusal(400, {"type": "x", "reason": "aGFyOmh1bnRlcjI= hunter2"})
    code, said, asked = prove("opensearch", asked_only(echo), "--user", "har", "--password-env", "CASETRAIL_T")
    assert code == 2
    assert "hunter2" not in said
    assert "aGFyOmh1bnRlcjI=" not in said
    assert all("Authorization: Basic aGFyOmh1bnRlcjI=" in one.head for one in asked)


OLD = "casetrail-0123456789ab-0-casetrail-ba9876543210"
YOUNG = "casetrail-0123456789ab-1-casetrail-ba9876543210"


def test_what_a_killed_proof_left_is_removed_after_a_day_and_named_before() -> None:
    now = int(time.time() * 1000)
    found = {
        name: {"settings": {"index": {"creation_date": str(at)}}}
        for name, at in {OLD: now - 30 * 3600 * 1000, YOUNG: now, "casetrail-prod": 0, f"{OLD}-x": 0}.items()
    }

    def answers(request: Request) -> bytes | Talk:
        return http(found) if "/_settings" in request.path else asked_only(hits())(request)

    _, said, asked = prove("opensearch", answers)
    removed = [one.path.partition("?")[0] for one in asked if one.method == "DELETE"]
    assert removed[0] == f"/{OLD}"
    assert not any(name in removed[1:] for name in (f"/{YOUNG}", "/casetrail-prod", f"/{OLD}-x"))
    assert f"removed {OLD}" in said
    assert f"{YOUNG} is of a proof" in said
    assert "casetrail-prod" not in said


@pytest.mark.parametrize(
    "answer", [refusal(403), http([]), http({OLD: {}}), http({OLD: {"settings": {"index": {"creation_date": "x"}}}})]
)
def test_a_look_for_leftovers_that_fails_is_told_and_ends_nothing(answer: bytes) -> None:
    _, said, asked = prove(
        "opensearch", lambda request: answer if "/_settings" in request.path else asked_only(hits())(request)
    )
    assert "can't be looked for" in said
    assert any("/_search" in one.path for one in asked)


def test_an_index_whose_making_was_broken_off_is_removed_once_it_is_there() -> None:
    """The request may still be under way when its answer is no longer waited for."""

    def answers(request: Request) -> bytes | Talk:
        first = request.method == "PUT" and not any(one.method == "PUT" for one in asked[:-1])
        return (lambda connection: time.sleep(2)) if first else asked_only(hits())(request)

    with serving(answers) as (url, asked):
        engine = OpenSearchEngine(connect(url, "OpenSearch", limits=replace(LIMITS, seconds=0.3)), OPENSEARCH, CONTRACTS)
        with pytest.raises(ClusterError, match="no answer within"):
            engine.verdicts([Trial(PLANS["search"], EVENTS)])
        engine.close()
    assert [one.method for one in asked] == ["PUT", "PUT", "DELETE"]
    assert len({one.path.partition("?")[0] for one in asked}) == 1

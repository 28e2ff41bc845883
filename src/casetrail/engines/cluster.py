"""A cluster of Elasticsearch or OpenSearch over HTTP: every answer bounded in size and time, every failure in our own words."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import orjson

_AGAIN = (429, 503)
_CONNECT_SECONDS = 30
_WAIT_SECONDS = 30
_TOLD = 400
_T = TypeVar("_T")


class ClusterError(Exception):
    """A cluster can't be asked. The message says what is wrong and what to do."""


class AnswerError(Exception):
    """An answer to one request that can't be taken. status: of HTTP; kind: the cluster's own name for its error, or empty."""

    def __init__(self, reason: str, status: int = 200, kind: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one request. seconds: from the connection to the answer's last byte; size: the most bytes of an answer."""

    seconds: float = 300
    size: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a cluster said: JSON, and the remarks in its headers."""

    body: Any
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a cluster is, and how it is asked.

    product: `Elasticsearch` or `OpenSearch`; path: what stands before each request's path; authorization: the header, or empty;
    secrets: texts that are never told, even when the cluster says them; tls: None for plain HTTP on loopback or without a credential.
    """

    product: str
    host: str
    port: int
    path: str = ""
    authorization: str = ""
    secrets: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    limits: Limits = Limits()

    def ask(
        self, method: str, steps: Sequence[str], params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """The answer to a request of a path, given by its steps. It is asked a second time when the cluster has too much to do.

        Raises ClusterError when the cluster can't be asked at all, and AnswerError when this answer can't be taken.
        """
        target = "/".join((self.path, *(quote(step, safe="*,") for step in steps)))
        if params:
            target += f"?{urlencode(params)}"
        response, content = self.exchange(method, target, body)
        if response.status in _AGAIN:
            time.sleep(_wait(response))
            response, content = self.exchange(method, target, body)
        return self.read(response, content)

    def exchange(self, method: str, target: str, body: bytes | None) -> tuple[HTTPResponse, bytes]:
        """A response, and its body whole. Raises ClusterError and AnswerError."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.authorization:
            headers["Authorization"] = self.authorization
        connection = HTTPConnection(self.host, self.port)
        # A connection that opened itself again would be without TLS.
        connection.auto_open = 0
        try:
            with self.connected() as sock:
                connection.sock = sock
                connection.request(method, target, body, headers)
                response = connection.getresponse()
                return response, self.whole(response)
        except ssl.SSLCertVerificationError as error:
            raise ClusterError(
                f"the cluster's certificate can't be trusted ({self.told(error.verify_message)}); give its authority by --ca"
            ) from error
        except TimeoutError as error:
            raise ClusterError(
                f"the cluster gave no answer within {self.limits.seconds:g} s; choose a shorter range of time"
            ) from error
        except (OSError, HTTPException, ValueError) as error:
            said = self.told(f"{type(error).__name__}: {error}")
            raise ClusterError(f"the cluster at {self.host}:{self.port} can't be reached: {said}") from error

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """A connection that ends when its time is up, whatever it waits for. Raises TimeoutError then, and OSError."""
        try:
            sock = socket.create_connection((self.host, self.port), _CONNECT_SECONDS)
        except TimeoutError as error:
            raise ConnectionError(f"no connection within {_CONNECT_SECONDS} s") from error
        sock.settimeout(self.limits.seconds)
        if self.tls:
            sock = self.tls.wrap_socket(sock, server_hostname=self.host, do_handshake_on_connect=False)
        over = threading.Event()

        def end() -> None:
            over.set()
            with suppress(OSError):
                # Not the method of a TLS socket, which would forget its keys while another thread reads by them.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

        timer = threading.Timer(self.limits.seconds, end)
        timer.daemon = True
        timer.start()
        try:
            if isinstance(sock, ssl.SSLSocket):
                sock.do_handshake()
            yield sock
        except (OSError, HTTPException):
            if over.is_set():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
            sock.close()
        if over.is_set():
            raise TimeoutError

    def whole(self, response: HTTPResponse) -> bytes:
        most = self.limits.size
        if response.getheader("Content-Encoding", "identity") != "identity":
            raise AnswerError("its answer is packed, which wasn't asked for", response.status)
        content = response.read(most + 1) if (response.length or 0) <= most else b""
        if len(content) > most or (response.length or 0) > most:
            raise AnswerError(f"its answer is larger than {most // 1024 // 1024} MiB: choose a shorter range of time")
        if response.length:
            raise AnswerError("its answer breaks off", response.status)
        return content

    def read(self, response: HTTPResponse, content: bytes) -> Answer:
        """A response's JSON. Raises ClusterError and AnswerError."""
        status = response.status
        if status == 401:
            raise ClusterError("the cluster rejects the API key or password (401): it is wrong, expired or missing")
        if 300 <= status < 400:
            raise ClusterError(
                f"what answers there sends elsewhere ({status}), which isn't followed: name the cluster itself"
            )
        if status == 200 and self.product == "Elasticsearch" and response.getheader("X-Elastic-Product") != self.product:
            raise ClusterError("what answers there is no Elasticsearch")
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise AnswerError("its answer isn't JSON" + (f" ({status})" if status != 200 else ""), status) from error
        if not 200 <= status < 300:
            raise self.refusal(status, body)
        return Answer(body, tuple(response.headers.get_all("Warning") or ()))

    def refusal(self, status: int, body: object) -> AnswerError:
        """What an answer other than success says."""
        error = body.get("error") if isinstance(body, dict) else None
        if status in _AGAIN:
            return AnswerError(f"the cluster has too much to do ({status}), twice: ask later", status)
        kind = error.get("type") if isinstance(error, dict) else None
        said = "; ".join(dict.fromkeys(_reasons(error))) or "no reason given"
        return AnswerError(self.told(f"{said} ({status})"), status, kind if isinstance(kind, str) else "")

    def told(self, text: str) -> str:
        """A cluster's text as it may be told: short, and without a credential that it repeats."""
        for secret in self.secrets:
            text = text.replace(secret, "[secret]")
        return text if len(text) <= _TOLD else f"{text[:_TOLD]} …"


def as_body(value: object) -> bytes:
    """JSON as a request has it."""
    return json.dumps(value).encode()


def part(body: object, kind: type[_T], *steps: str) -> _T:
    """What stands at a path of an answer. Raises AnswerError when it is missing or of another type."""
    here = body
    for step in steps:
        here = here.get(step) if isinstance(here, dict) else None
    if not isinstance(here, kind) or (kind is int and isinstance(here, bool)):
        raise AnswerError(f"its answer has no {'.'.join(steps)} as {kind.__name__}")
    return here


def refuse_partial(body: object) -> None:
    """Raises AnswerError when an answer says that it is one of a part of the data."""
    shards, clusters = (body.get(name) if isinstance(body, dict) else None for name in ("_shards", "_clusters"))
    failed = _counted(shards, "failed")
    if failed:
        raise AnswerError(f"partial: {failed} shards gave no answer")
    lost = sum(_counted(clusters, name) for name in ("skipped", "partial", "failed"))
    if lost:
        raise AnswerError(f"partial: {lost} clusters of a search across clusters gave no whole answer")
    for name in ("timed_out", "is_partial", "terminated_early"):
        if isinstance(body, dict) and body.get(name, False) not in (False, None):
            raise AnswerError(f"partial: the cluster answered for a part of the events ({name})")


def _counted(holder: object, name: str) -> int:
    """A count in an answer; one that is no number counts as one."""
    value = holder.get(name, 0) if isinstance(holder, dict) else 0
    return value if isinstance(value, int) else 1


def _reasons(error: object) -> Iterator[str]:
    """The reasons in a cluster's error, from the outside to the cause."""
    if isinstance(error, str):
        yield error
    for _ in range(8):
        if not isinstance(error, dict):
            return
        if isinstance(error.get("reason"), str):
            yield error["reason"]
        shards = error.get("failed_shards") or error.get("root_cause")
        first = shards[0] if isinstance(shards, list) and shards else None
        shard = first.get("reason") if isinstance(first, dict) else None
        error = error.get("caused_by") or (shard if isinstance(shard, dict) else first)


def _wait(response: HTTPResponse) -> float:
    asked = response.getheader("Retry-After") or ""
    return min(int(asked), _WAIT_SECONDS) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1

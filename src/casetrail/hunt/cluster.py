"""Hunting on a user's Elasticsearch cluster: the queries of the detection rules over a range of time."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from elasticsearch import (
    ApiError,
    AuthenticationException,
    AuthorizationException,
    ConnectionTimeout,
    Elasticsearch,
    SSLError,
    TransportError,
    UnsupportedProductError,
)
from elasticsearch import ConnectionError as Unreachable

from casetrail.hunt.hits import Hit
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.esql.expressions import LIMIT
from casetrail.languages.esql.query import query_of
from casetrail.languages.esql.windows import ID
from casetrail.logs.contract import Contract
from casetrail.plan.horizon import reach, wait
from casetrail.plan.nodes import Plan, Search, sources
from casetrail.plan.values import TIME_FORMATS, scalar_text
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TIME = "@timestamp"
_TIMEOUT_SECONDS = 300


class ClusterError(Exception):
    """A cluster can't be asked. The message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class RuleHunt:
    """What came of one rule.

    hits: by time and id, with the `_id`s of the events and, for a correlation, of all its window's; problem: why it couldn't be
    run, empty when it was; notes: what the cluster remarked.
    """

    rule: str
    hits: tuple[Hit, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()


def secret(variable: str | None, file: Path | None) -> str | None:
    """An API key from an environment variable of this name, or from a file; None when neither is given.

    Raises ClusterError when there is none in it.
    """
    if variable is not None:
        found, where = os.environ.get(variable, ""), f"the environment variable {variable}"
    elif file is not None:
        try:
            found, where = file.read_text("utf-8"), str(file)
        except (OSError, UnicodeDecodeError) as error:
            raise ClusterError(f"{file}: the API key can't be read: {error}") from error
    else:
        return None
    key = found.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ClusterError(f"{where} holds no API key: put the encoded key into it, one line of base64")
    return key


def connect(url: str, api_key: str | None = None, ca: Path | None = None) -> Elasticsearch:
    """A client for a cluster. The server's certificate is always verified, by `ca` (a PEM file) or the usual authorities.

    Raises ClusterError for an address that is none, a credential within it, or a key that would travel unencrypted.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ClusterError(f"{_bare(url)} is no address of a cluster; write one like https://elastic.example.com:9200")
    if parts.username or parts.password:
        raise ClusterError("the address holds a password; give an API key by --api-key-env or --api-key-file instead")
    if parts.scheme == "http" and api_key and parts.hostname not in _LOOPBACK:
        raise ClusterError(f"{_bare(url)} isn't encrypted, and the API key would be sent in the clear; use https")
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    options: dict[str, Any] = {"request_timeout": _TIMEOUT_SECONDS, "max_retries": 0}
    if api_key:
        options["api_key"] = api_key
    if ca is not None and parts.scheme == "https":
        if not ca.is_file():
            raise ClusterError(f"{ca}: no such file; --ca takes the PEM file of the certificate authority")
        options["ca_certs"] = str(ca)
    try:
        return Elasticsearch(f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}", **options)
    except (ValueError, OSError) as error:
        raise ClusterError(f"{_bare(url)}: {error}") from error


def _bare(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)


def hunt_cluster(
    plans: Mapping[str, Plan],
    client: Elasticsearch,
    backend: Backend,
    contracts: Mapping[str, Contract],
    start: int,
    end: int,
) -> Iterator[RuleHunt]:
    """What completes plans (by rule name) on events from `start` to `end`, both included, in microseconds since 1970 (UTC).

    A range that holds more rows than ES|QL gives at once is asked for in parts. A rule that waits to see that nothing
    follows completes only where the greatest delay of its logs has passed since.

    Raises ClusterError when the cluster can't be reached or refuses the credentials; what is wrong with one rule alone is in
    its hunt.
    """
    for rule, plan in plans.items():
        notes: dict[str, None] = {}
        hunt = _ClusterHunt(rule, plan, client, backend, contracts, notes)
        try:
            found = hunt.between(-(-start // 1000), end // 1000)
        except UnsupportedError as error:
            yield RuleHunt(rule, problem=error.reason)
        except _RuleError as error:
            yield RuleHunt(rule, problem=str(error), notes=tuple(notes))
        else:
            yield RuleHunt(rule, tuple(sorted(found, key=lambda one: (one.time, one.id))), notes=tuple(notes))


class _RuleError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _ClusterHunt:
    rule: str
    plan: Plan
    client: Elasticsearch
    backend: Backend
    contracts: Mapping[str, Contract]
    notes: dict[str, None]

    def between(self, start: int, end: int) -> list[Hit]:
        """Hits from `start` to `end`, in milliseconds."""
        if end < start:
            return []
        delay = max(self.contracts[source].delay.greatest for source in sources(self.plan))
        query = query_of(self.plan, self.backend, Bounds(start * 1000, Ago(delay), end * 1000))
        rows = self.ask(query, start - reach(self.plan) // 1000, end + wait(self.plan) // 1000)
        if len(rows) < LIMIT:
            return [self.hit(row) for row in rows]
        if start == end:
            raise _RuleError(f"more than {LIMIT} events match it within one millisecond, the most that ES|QL gives")
        middle = (start + end) // 2
        return [*self.between(start, middle), *self.between(middle + 1, end)]

    def ask(self, query: str, start: int, end: int) -> list[dict[str, Any]]:
        window = {"range": {_TIME: {"gte": start, "lte": end, "format": "epoch_millis"}}}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = self.client.esql.query(query=query, filter=window, allow_partial_results=False)
        except (ApiError, TransportError, UnsupportedProductError) as error:
            raise self.explained(error) from error
        self.notes.update(dict.fromkeys(_remarks(answer.meta.headers.get("warning") or "")))
        names = [column["name"] for column in answer["columns"]]
        return [dict(zip(names, row, strict=True)) for row in answer["values"]]

    def hit(self, row: Mapping[str, Any]) -> Hit:
        time = TIME_FORMATS["iso8601"](row[_TIME]) or 0
        if isinstance(self.plan, Search):
            return Hit(self.rule, row["_id"], time, {}, (row["_id"],))
        values = [scalar_text(value) or "" for name, value in row.items() if name not in (ID, _TIME, "n", "evidence")]
        key = dict(zip((part.name for part in self.plan.key), values, strict=True))
        evidence = row["evidence"] if isinstance(row["evidence"], list) else [row["evidence"]]
        return Hit(self.rule, row[ID], time, key, tuple(sorted(filter(None, evidence))))

    def explained(self, error: Exception) -> Exception:
        """The error as the user needs it: of the cluster, or of this rule alone."""
        indexes = ", ".join(dict.fromkeys(self.backend.stores[source].index for source in sources(self.plan)))
        match error:
            case SSLError():
                return ClusterError(
                    f"the cluster's certificate can't be trusted ({error.message}); give its authority by --ca"
                )
            case ConnectionTimeout():
                return ClusterError(
                    f"the cluster gave no answer within {_TIMEOUT_SECONDS} s; choose a shorter range of time"
                )
            case Unreachable():
                return ClusterError(f"the cluster can't be reached: {error.message}")
            case UnsupportedProductError():
                return ClusterError("what answers there is no Elasticsearch")
            case AuthenticationException():
                return ClusterError("the cluster rejects the API key (401): it is wrong, expired or missing")
            case AuthorizationException():
                return ClusterError(f"the API key may not read {indexes} (403): give it the privilege read there")
            case ApiError():
                return _RuleError(self.said(str(error.message), str(error), indexes))
        return ClusterError(str(error))

    def said(self, kind: str, text: str, indexes: str) -> str:
        columns = dict.fromkeys(re.findall(r"Unknown column \[([^\]]+)\]", text))
        if columns:
            return "; ".join(f"{self.field(column)}, which no index of {indexes} has" for column in columns)
        if "Unknown index" in text or kind == "index_not_found_exception":
            return f"no index matches {indexes}, or the API key may not see it"
        if "circuit_breaking" in kind:
            return "the cluster has too little memory for it: choose a shorter range of time"
        return f"the cluster rejects the query: {text}"

    def field(self, column: str) -> str:
        for source in sources(self.plan):
            store = self.backend.stores[source]
            if column == store.arrival:
                return f"the ingestion delay of {source} needs {column}"
            for path, stored in store.fields.items():
                if stored.name == column:
                    return f"{path} of {source} is looked for in {column}"
        return f"it needs {column}"


def _remarks(header: str) -> list[str]:
    return re.findall(r'299 Elasticsearch-\S+ "((?:[^"\\]|\\.)*)"', header)

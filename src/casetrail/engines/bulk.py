"""Documents into a cluster's indexes, many in a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from casetrail.engines.cluster import AnswerError, Cluster, as_body, part

_DOCUMENTS = 500
_BYTES = 10 * 1024 * 1024


def bulk(cluster: Cluster, documents: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Put documents (`_index`, `_id`, `_source`) where the next query finds them; by `_id` why the cluster rejects one.

    Raises ClusterError and AnswerError.
    """
    rejected: dict[str, str] = {}
    for ids, body in _requests(documents):
        answer = cluster.ask("POST", ["_bulk"], {"refresh": "true"}, body).body
        items = part(answer, list, "items")
        if len(items) != len(ids):
            raise AnswerError(f"it answered for {len(items)} of {len(ids)} documents")
        for identity, item in zip(ids, items, strict=True):
            result = part(item, dict, "index")
            if part(result, int, "status") >= 300:
                rejected[identity] = str(cluster.refusal(part(result, int, "status"), result))
    return rejected


def _requests(documents: Iterable[dict[str, Any]]) -> Iterator[tuple[list[str], bytes]]:
    ids: list[str] = []
    lines: list[bytes] = []
    for document in documents:
        ids.append(document["_id"])
        lines += [as_body({"index": {"_index": document["_index"], "_id": ids[-1]}}), as_body(document["_source"])]
        if len(ids) == _DOCUMENTS or sum(map(len, lines)) > _BYTES:
            yield ids, b"\n".join([*lines, b""])
            ids, lines = [], []
    if ids:
        yield ids, b"\n".join([*lines, b""])

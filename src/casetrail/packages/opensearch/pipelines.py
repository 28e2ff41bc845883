"""An ingest pipeline for each log source: a vendor's rows as they come become the documents that the queries read.

The bodies are those of `PUT _ingest/pipeline/NAME` (OpenSearch documentation, Ingest pipelines). The program is the same for every log, and
what differs are its parameters: so it is compiled once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from casetrail.logs.contract import Contract
from casetrail.plan.nodes import Field, Type
from casetrail.stores.store import Store


def pipeline(store: Store, contract: Contract) -> dict[str, Any]:
    """What makes a store's documents of a log's rows, one row a document; a row that it can't read is refused with the reason."""
    processors: list[dict[str, Any]] = [
        {"script": {"lang": "painless", "source": _program(), "params": _params(store, contract)}}
    ]
    if store.arrival:
        processors.append({"set": {"field": store.arrival, "value": "{{{_ingest.timestamp}}}"}})
    return {
        "description": f"{contract.key} as it comes, into the fields that casetrail's queries read",
        "processors": processors,
    }


@cache
def _program() -> str:
    return Path(__file__).with_name("raw.painless").read_text("utf-8").strip()


def _params(store: Store, contract: Contract) -> dict[str, Any]:
    flatten = contract.flatten
    columns = [(contract.fields[path], place) for path in contract.fields if (place := store.column_of(path))]
    return {
        "fields": [
            {"steps": list(field.steps), "name": place.name, "skips_empty": field.empty_is_missing, **_kind(field)}
            for field, place in columns
        ],
        "time": {"steps": list(contract.time.steps), "name": store.time, "format": contract.time.time_format},
        "identity": [list(field.steps) for field in contract.identity],
        "only": dict(store.only),
        "derived": [{"name": one.field.path, "paths": [path.split(".") for path in one.paths]} for one in contract.derived],
        "flatten": None
        if flatten is None
        else {"path": flatten.path, "name": flatten.name, "values": list(flatten.values), "upper": flatten.upper},
        "envelopes": [_steps(envelope.rows) for envelope in contract.envelopes if envelope.rows],
    }


def _kind(field: Field) -> dict[str, str]:
    """What a value is put as before it is stored: of a time its milliseconds, and a boolean as the index takes one."""
    if field.type is Type.TIME:
        return {"kind": "time", "format": field.time_format}
    return {"kind": "boolean"} if field.type is Type.BOOLEAN else {"kind": ""}


def _steps(path: str) -> list[dict[str, Any]]:
    return [{"name": step.removesuffix("[]"), "list": step.endswith("[]")} for step in path.split(".")]

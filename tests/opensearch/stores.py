"""How OpenSearch would store the test log source."""

from __future__ import annotations

import os

from casetrail.languages.querydsl.expressions import STORED_AS
from casetrail.stores.store import Backend, Store, StoredField
from tests.worlds import CONTRACT

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
"""Workers share a node, and must not see each other's events."""
FIELDS = {path: StoredField(f"test.{path}", STORED_AS[field.type]) for path, field in CONTRACT.fields.items()} | {
    "at": StoredField("@timestamp", "date")
}
STORE = Store(CONTRACT.key, f"test-log.{WORKER}-*", "@timestamp", "ours", FIELDS, {"event.dataset": "test.log"})
BACKEND = Backend("test", "Test", "opensearch", "opensearch", {"interval": 300_000_000}, {CONTRACT.key: STORE})

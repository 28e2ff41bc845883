"""The import formats by the name that a backend calls them."""

from __future__ import annotations

from casetrail.pack.files import PackError
from casetrail.packages import queries
from casetrail.packages.elastic import rules as elastic
from casetrail.packages.formats import Format
from casetrail.packages.opensearch import monitors
from casetrail.packages.sentinel import rules as sentinel
from casetrail.packages.splunk import app
from casetrail.stores.store import Backend

FORMATS = {each.name: each for each in (elastic.FORMAT, monitors.FORMAT, queries.FORMAT, sentinel.FORMAT, app.FORMAT)}


def format_of(backend: Backend) -> Format:
    """Raises PackError for a format that isn't known."""
    if backend.package not in FORMATS:
        raise PackError(f"{backend.name}: no package format is named {backend.package}; there are {', '.join(FORMATS)}")
    return FORMATS[backend.package]

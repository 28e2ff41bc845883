"""The watchlists that the rules look up in Microsoft Sentinel, as a template that makes them.

Limits: Microsoft, "Service limits for Microsoft Sentinel" and "Watchlists in Microsoft Sentinel"; a resource of a template has a
megabyte at most ("Best practices for ARM templates").
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from casetrail.languages.kql.text import string
from casetrail.packages.formats import Packaged
from casetrail.packages.sentinel.arm import API, MOST_BYTES_A_RESOURCE, WORKSPACE, Formula, quoted, size, templates
from casetrail.plan.nodes import Listed, searches, tests
from casetrail.stores.unsupported import UnsupportedError

COLUMN = "value"
LONGEST_LINE = 10_240
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{1,62}[A-Za-z0-9]")


def files(items: Sequence[Packaged]) -> dict[str, bytes]:
    """The template of all watchlists that the items look up; none where they look up none."""
    found: dict[str, tuple[str, ...]] = {}
    for item in items:
        for name, check in looked_up(item):
            # Where a rule minds letter case the values are as the customer wrote them; the others fold them when they look.
            if name not in found or check.cased:
                found[name] = tuple(map(str, check.values))
    if not found:
        return {}
    return templates("watchlists", WORKSPACE, [resource(name, values) for name, values in sorted(found.items())])


def looked_up(item: Packaged) -> Iterator[tuple[str, Listed]]:
    """The watchlists that an item's query looks up when it runs, by name."""
    for search in searches(item.plan):
        for test in tests(search.where):
            if isinstance(test.check, Listed) and f"_GetWatchlist({string(test.check.watchlist)})" in item.query:
                yield test.check.watchlist, test.check


def refuse(item: Packaged) -> None:
    """Raises UnsupportedError for a rule whose watchlist Sentinel can't hold."""
    for name, check in looked_up(item):
        values = tuple(map(str, check.values))
        if not _ALIAS.fullmatch(name):
            raise UnsupportedError(f"Sentinel takes no watchlist named {name}: 3 to 64 letters, digits, spaces, _ and -")
        if any(not value.isprintable() for value in values):
            raise UnsupportedError(f"watchlist {name}: a value has a line break or another control character")
        longest = max((len(line) for line in content(values).splitlines()), default=0)
        if longest > LONGEST_LINE:
            raise UnsupportedError(
                f"watchlist {name}: a value has {longest} characters, and Sentinel takes {LONGEST_LINE} at most"
            )
        taken = size(resource(name, values))
        if taken > MOST_BYTES_A_RESOURCE:
            raise UnsupportedError(f"watchlist {name} takes {taken} bytes, and a template {MOST_BYTES_A_RESOURCE} at most")


def resource(name: str, values: Sequence[str]) -> Mapping[str, Any]:
    """One watchlist. An empty one is made without content, since Sentinel refuses content without rows."""
    held = {"numberOfLinesToSkip": 0, "rawContent": content(values)} if values else {}
    return {
        "type": "Microsoft.OperationalInsights/workspaces/providers/watchlists",
        "apiVersion": API,
        "name": Formula(f"concat(parameters('workspace'), '/Microsoft.SecurityInsights/', {quoted(name)})"),
        "properties": {
            "displayName": name,
            "watchlistAlias": name,
            "description": "Looked up by the rules of casetrail; its values are yours to fill in.",
            "provider": "casetrail",
            "source": "Local file",
            "itemsSearchKey": COLUMN,
            "contentType": "text/csv",
            **held,
        },
    }


def content(values: Sequence[str]) -> str:
    """A watchlist's values as CSV, as they are: no person opens it in a spreadsheet, and an altered value would match nothing."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([COLUMN])
    writer.writerows([value] for value in values)
    return text.getvalue()

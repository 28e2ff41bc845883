"""The trail as Timesketch takes it: CSV with `message`, `datetime` and `timestamp_desc`."""

from __future__ import annotations

from casetrail.trail.table import Table, table


def timesketch(events: Table) -> Table:
    """The table of events as rows of a timeline."""
    rows = (
        (
            f"{row['event type'] or row['log']}: {row['names']}",
            row["time"],
            "Event",
            row["log"],
            row["strength"],
            row["event"],
            row["chain"],
        )
        for row in events.dicts()
    )
    columns = ("message", "datetime", "timestamp_desc", "log", "strength", "event", "chain")
    return table("timesketch", "Timeline for Timesketch", columns, rows)

"""DuckDB's SQL for what completes a correlation, with its evidence: the ids of the window's events."""

from __future__ import annotations

from collections.abc import Sequence

from casetrail.languages.sql.steps import keys
from casetrail.languages.sql.windows import SqlWindows, Tables
from casetrail.plan.nodes import Correlation


def evidenced(windows: SqlWindows, plan: Correlation, most: int, ids: int) -> str:
    """A query for what completes a plan with its evidence: rows (id, t, k0, k1, …, ids of the window's events).

    most: the first so many, in order of time, have evidence, the others null; ids: how many ids each, the latest first, the
    completing event's among them. Raises UnsupportedError.
    """
    tables = Tables()
    steps, done = windows.tables(plan, tables)
    by = keys(plan)
    columns = ["id", "t", *by]
    # An event's neighbours are found by their numbers, so that a window of any number of events costs the same.
    partition = f"PARTITION BY {', '.join(by)} " if by else ""
    order = f"row_number() OVER ({partition}ORDER BY t, id) AS n"
    numbered = tables.add("numbered", f"SELECT *, {order} FROM (SELECT DISTINCT {', '.join(columns)} FROM {steps})")
    first = tables.add("first", f"SELECT * FROM {done} ORDER BY {', '.join(['t', 'id', *by])} LIMIT {most}")
    near = tables.add(
        "near",
        f"SELECT {_of('d', columns)}, unnest(range(n.n - {ids - 1}, n.n + {ids})) AS n "
        f"FROM {first} AS d JOIN {numbered} AS n ON {_same('d', 'n', columns)}",
    )
    held = tables.add(
        "held",
        f"SELECT {_of('d', columns)}, list({{'t': s.t, 'id': s.id}} ORDER BY {{'t': s.t, 'id': s.id}} DESC)[:{ids}] AS held "
        f"FROM {near} AS d JOIN {numbered} AS s ON {_same('d', 's', ['n', *by])} AND s.t BETWEEN d.t - {plan.span} AND d.t "
        f"GROUP BY {_of('d', columns)}",
    )
    return tables.query(
        f"SELECT {_of('d', columns)}, list_transform(held, lambda x: x.id) AS ids "
        f"FROM {done} AS d LEFT JOIN {held} AS h ON {_same('d', 'h', columns)}"
    )


def _of(table: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{table}.{column}" for column in columns)


def _same(one: str, other: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{one}.{column} = {other}.{column}" for column in columns)

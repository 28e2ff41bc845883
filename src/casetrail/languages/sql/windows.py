"""DuckDB's SQL: correlations over steps, in exact sliding windows.

Steps are rows (base, id, t, the key's parts, v): t in microseconds, the key's parts in the form in which they compare, v the list
of the step's values. Every condition is window functions over the steps of one key, so nothing is quadratic in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from casetrail.languages.sql.expressions import SqlColumn, literal, operator, parsed
from casetrail.plan.nodes import (
    AllOf,
    AnyOf,
    Correlation,
    Field,
    Figure,
    KeyPart,
    Order,
    Present,
    Search,
    Threshold,
    Together,
    Type,
    Without,
    wanted_bases,
)

_FIGURES = {
    Figure.EVENTS: "count(*) OVER w",
    Figure.DISTINCT: "count(DISTINCT v) OVER w",
    Figure.SUM: "sum(v) OVER w",
    Figure.AVG: "avg(v) OVER w",
    Figure.MEDIAN: "median(v) OVER w",
}


class DuckdbWindows:
    """Correlations as common table expressions.

    matches: SQL for a relation with the events of a search: `id`, `t`, and whatever `columns` names.
    columns: where a field's texts are in such a relation.
    seen_until: microseconds up to which the log is known; None when it is all there is.
    """

    def __init__(
        self, matches: Callable[[Search], str], columns: Callable[[Field], SqlColumn], seen_until: int | None = None
    ) -> None:
        self.matches = matches
        self.columns = columns
        self.seen_until = seen_until
        self.tables: dict[str, str] = {}

    def query(self, plan: Correlation) -> str:
        """A query for the completions of a plan: rows (id, t, k0, k1, …), each once."""
        self.tables.clear()
        name = self.completions(plan)
        tables = ",\n".join(f"{table} AS (\n{sql})" for table, sql in self.tables.items())
        return f"WITH {tables}\nSELECT * FROM {name}"

    def evidenced(self, plan: Correlation, most: int, ids: int) -> str:
        """A query for the completions of a plan with their evidence: rows (id, t, k0, k1, …, ids of the window's events).

        most: the first so many, in order of time, have evidence, the others null; ids: how many ids each, the latest first, the
        completing event's among them.
        """
        self.tables.clear()
        done = self.completions(plan)
        steps = next(table for table in reversed(self.tables) if table.startswith("steps"))
        keys = [f"k{number}" for number in range(len(plan.key))]
        columns = ["id", "t", *keys]
        # An event's neighbours are found by their numbers, so that a window of any number of events costs the same.
        order = f"row_number() OVER ({_partition(keys)} ORDER BY t, id) AS n"
        numbered = self.add("numbered", f"SELECT *, {order} FROM (SELECT DISTINCT {', '.join(columns)} FROM {steps})")
        first = self.add("first", f"SELECT * FROM {done} ORDER BY {', '.join(['t', 'id', *keys])} LIMIT {most}")
        near = self.add(
            "near",
            f"SELECT {_of('d', columns)}, unnest(range(n.n - {ids - 1}, n.n + {ids})) AS n "
            f"FROM {first} AS d JOIN {numbered} AS n ON {_same('d', 'n', columns)}",
        )
        held = self.add(
            "held",
            f"SELECT {_of('d', columns)}, list({{'t': s.t, 'id': s.id}} ORDER BY {{'t': s.t, 'id': s.id}} DESC)[:{ids}] AS held "
            f"FROM {near} AS d JOIN {numbered} AS s ON {_same('d', 's', ['n', *keys])} AND s.t BETWEEN d.t - {plan.span} AND d.t "
            f"GROUP BY {_of('d', columns)}",
        )
        tables = ",\n".join(f"{table} AS (\n{sql})" for table, sql in self.tables.items())
        return (
            f"WITH {tables}\nSELECT {_of('d', columns)}, list_transform(held, lambda x: x.id) AS ids "
            f"FROM {done} AS d LEFT JOIN {held} AS h ON {_same('d', 'h', columns)}"
        )

    def completions(self, plan: Correlation) -> str:
        """The name of the table that holds the completions of a plan."""
        keys = [f"k{number}" for number in range(len(plan.key))]
        steps = self.add("steps", "\nUNION ALL\n".join(self.steps(plan)))
        listed = ", ".join(["id", "t", *keys])
        match plan.condition:
            case Threshold() as threshold:
                return self.add(
                    "done", f"SELECT DISTINCT {listed} FROM ({self.threshold(threshold, steps, keys, plan.span)})"
                )
            case Order() as order:
                return self.add("done", f"SELECT DISTINCT {listed} FROM ({self.order(order, steps, keys, plan.span)})")
            case together:
                return self.add("done", f"SELECT DISTINCT {listed} FROM ({_together(together, steps, keys, plan.span)})")

    def add(self, kind: str, sql: str) -> str:
        name = f"{kind}{len(self.tables)}"
        self.tables[name] = sql
        return name

    def steps(self, plan: Correlation) -> Iterator[str]:
        value = plan.value
        for number, base in enumerate(plan.bases):
            if isinstance(base, Correlation):
                inner = {part.name: f"k{index}" for index, part in enumerate(base.key)}
                relation = self.completions(base)
                keys = [_again(inner[part.name], part) for part in plan.key]
                values = f"[{_again(inner[value.name], value)}]" if value else "NULL"
                parts = "".join(f", {key} AS k{index}" for index, key in enumerate(keys))
                yield f"SELECT {number} AS base, id, t{parts}, {values} AS v FROM {relation}"
            else:
                yield self.search_steps(number, base, plan.key, value)

    def search_steps(self, number: int, base: Search, key: Sequence[KeyPart], value: KeyPart | None) -> str:
        rows = self.matches(base)
        for index, part in enumerate(key):
            rows = f"(SELECT *, unnest({self.values(part, number)}) AS k{index} FROM {rows})"
        keys = "".join(f", k{index}" for index in range(len(key)))
        values = self.values(value, number) if value else "NULL"
        present = " AND ".join(f"k{index} IS NOT NULL" for index in range(len(key))) or "true"
        # A list may hold two spellings of one key; they are one step.
        spelt = "DISTINCT " if any(self.columns(field).many for part in key if (field := part.fields[number])) else ""
        return f"SELECT {spelt}{number} AS base, id, t{keys}, {values} AS v FROM {rows} WHERE {present}"

    def values(self, part: KeyPart, base: int) -> str:
        field = part.fields[base]
        if field is None:
            raise ValueError(f"{part.name} has no field in base {base}")
        column = self.columns(field)
        if column.many:
            return f"list_transform({column.sql}, lambda x: {parsed('x', field, cased=part.cased)})"
        return f"[{parsed(column.sql, field, cased=part.cased)}]"

    def threshold(self, threshold: Threshold, steps: str, keys: Sequence[str], span: int) -> str:
        named = ", ".join(["id", "t", *keys])
        if threshold.value:
            # A step without a value has no part in the figure, yet may complete on it.
            rows = f"(SELECT {named}, unnest(CASE WHEN len(v) > 0 THEN v ELSE [NULL] END) AS v FROM {steps})"
        else:
            rows = f"(SELECT {', '.join(['id', 'min(t) AS t', *keys])} FROM {steps} GROUP BY {', '.join(['id', *keys])})"
        figure = _FIGURES.get(threshold.figure) or f"quantile_disc(v, {_share(threshold.percentile)}) OVER w"
        inner = f"SELECT *, {figure} AS figure FROM {rows} WINDOW w AS {_window(keys, span)}"
        return f"SELECT * FROM ({inner}) WHERE figure {operator(threshold.op)} {literal(threshold.count)}"

    def order(self, order: Order, steps: str, keys: Sequence[str], span: int) -> str:
        first, *later = order.wanted
        chained = f"SELECT *, CASE WHEN base = {first} THEN t END AS start FROM {steps}"
        for base in later:
            earlier = f"max(start) OVER ({_partition(keys)} ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
            chained = f"SELECT * REPLACE (CASE WHEN base = {base} THEN {earlier} END AS start) FROM (\n{chained})"
        opening = f"min(t) FILTER (WHERE base = {first}) OVER w" if later else "t"
        extra = f", {opening} AS opening"
        extra += f", min(t) FILTER (WHERE base IN ({_list(order.before)})) OVER w AS seen" if order.before else ""
        after = f"({_partition(keys)} ORDER BY t RANGE BETWEEN 1 FOLLOWING AND {span} FOLLOWING)"
        extra += f", count(*) FILTER (WHERE base IN ({_list(order.after)})) OVER {after} AS followed" if order.after else ""
        tests = [f"base = {order.wanted[-1]}", f"t - start <= {span}"]
        tests += ["(seen IS NULL OR seen >= opening)"] if order.before else []
        tests += ["followed = 0"] if order.after else []
        if order.after and self.seen_until is not None:
            tests.append(f"t + {span} <= {self.seen_until}")
        # The windows look at all steps of the key, so the chain's starts join the steps instead of replacing them.
        starts = self.add("starts", chained)
        looked = f"SELECT *{extra} FROM {starts} WINDOW w AS {_window(keys, span)}"
        return f"SELECT * FROM ({looked}) WHERE {' AND '.join(tests)}"


def _again(column: str, part: KeyPart) -> str:
    return f"lower({column})" if part.type is Type.TEXT and not part.cased else column


def _share(percentile: int | None) -> str:
    return f"{percentile or 0:03d}"[:-2] + "." + f"{percentile or 0:03d}"[-2:]


def _list(bases: Sequence[int]) -> str:
    return ", ".join(map(str, bases))


def _of(table: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{table}.{column}" for column in columns)


def _same(one: str, other: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{one}.{column} = {other}.{column}" for column in columns)


def _partition(keys: Sequence[str]) -> str:
    return f"PARTITION BY {', '.join(keys)}" if keys else ""


def _window(keys: Sequence[str], span: int) -> str:
    return f"({_partition(keys)} ORDER BY t RANGE BETWEEN {span} PRECEDING AND CURRENT ROW)"


def _together(together: Together, steps: str, keys: Sequence[str], span: int) -> str:
    present = _present(together)
    wanted = _list(sorted(wanted_bases(together)))
    inner = f"SELECT *, {present} AS present FROM {steps} WINDOW w AS {_window(keys, span)}"
    return f"SELECT * FROM ({inner}) WHERE present AND {f'base IN ({wanted})' if wanted else 'false'}"


def _present(together: Together) -> str:
    match together:
        case Present(base=base):
            return f"bool_or(base = {base}) OVER w"
        case Without(arg=arg):
            return f"NOT ({_present(arg)})"
        case AllOf(args=args):
            return "(" + " AND ".join(map(_present, args)) + ")"
        case AnyOf(args=args):
            return "(" + " OR ".join(map(_present, args)) + ")"

"""SQL for correlations over steps, in exact sliding windows: what `plan.window` lowers a condition to, printed.

Every look is window functions over the steps of one key, so nothing is quadratic in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from casetrail.languages.sql.looks import kept, relation
from casetrail.languages.sql.physical import physical
from casetrail.languages.sql.steps import Log, correlation_steps, keys, search_steps
from casetrail.plan.nodes import Correlation, Search
from casetrail.plan.window import window
from casetrail.stores.unsupported import unknown


@dataclass
class Tables:
    """Common table expressions: SQL by name, in the order in which they stand on each other."""

    sql: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, sql: str) -> str:
        """The name of a new table."""
        name = f"{kind}{len(self.sql)}"
        self.sql[name] = sql
        return name

    def query(self, last: str) -> str:
        """A query that ends as `last` says."""
        tables = ",\n".join(f"{name} AS (\n{sql})" for name, sql in self.sql.items())
        return f"WITH {tables}\n{last}"


@dataclass(frozen=True, slots=True)
class SqlWindows:
    """Correlations over a log. seen_until: microseconds up to which it is known; None when it is all there is."""

    log: Log
    seen_until: int | None = None

    def query(self, plan: Correlation) -> str:
        """A query for what completes a plan: rows (id, t, k0, k1, …), each once. Raises UnsupportedError."""
        tables = Tables()
        _, done = self.tables(plan, tables)
        return tables.query(f"SELECT * FROM {done}")

    def tables(self, plan: Correlation, tables: Tables) -> tuple[str, str]:
        """Adds the tables of a plan's steps and of what completes it; gives their names."""
        steps = tables.add("steps", "\nUNION ALL\n".join(self._steps(plan, tables)))
        form = physical(window(plan), len(plan.bases))
        rows = relation(self.log.sheet, form.rows, plan, steps)
        for node in form.window.nodes:
            rows = rows.after(node)
        passes = kept(form.window.keep, plan, self.log.sheet, self.seen_until)
        named = ", ".join(["id", "t", *keys(plan)])
        return steps, tables.add("done", f"SELECT DISTINCT {named} FROM {rows.sql} WHERE {passes}")

    def _steps(self, plan: Correlation, tables: Tables) -> list[str]:
        found = []
        for number, base in enumerate(plan.bases):
            match base:
                case Search():
                    found.append(search_steps(self.log, plan, number, base))
                case Correlation():
                    _, done = self.tables(base, tables)
                    found.append(correlation_steps(self.log, plan, number, base, done))
                case never:
                    raise unknown(never)
        return found

"""From the events that a hunt found to what completes the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from casetrail.hunt.hits import Hits
from casetrail.hunt.progress import Progress
from casetrail.hunt.scratch import REFUSED
from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.languages.sql.evidence import evidenced
from casetrail.languages.sql.expressions import SqlColumn
from casetrail.languages.sql.steps import Log
from casetrail.languages.sql.windows import SqlWindows
from casetrail.logs.contract import Contract
from casetrail.plan.horizon import waits
from casetrail.plan.nodes import Correlation, Field, Plan, Search, sources
from casetrail.stores.unsupported import UnsupportedError

_EVIDENCE = 20
_EVIDENCED = 10_000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Matched:
    """The table `matched`: the number of a search, the id and the time of an event of it, and the bags of its fields.

    numbers: of the searches; columns: of the fields; newest: the latest time that was read, in microseconds since 1970 (UTC).
    before: only rows that arrived before this time; None for all.
    """

    numbers: Mapping[Search, int]
    columns: Mapping[Field, str]
    newest: int | None
    before: int | None = None

    @property
    def table(self) -> str:
        return "matched" if self.before is None else f"(SELECT * FROM matched WHERE a < {self.before})"

    def rows(self, search: Search) -> str:
        return f"(SELECT * FROM {self.table} WHERE search = {self.numbers[search]})"

    def column(self, field: Field) -> SqlColumn:
        return SqlColumn(DUCKDB.identifier(self.columns[field]), many=True)


def complete(
    hits: Hits, matched: Matched, plans: Mapping[str, Plan], contracts: Mapping[str, Contract], progress: Progress
) -> tuple[Counter[str], list[str]]:
    """Put what completes the plans into the hits, by DuckDB alone.

    Gives the number of completions that a longer log could still undo, by rule, and the plans that couldn't be tried, with the reason.
    """
    waiting: Counter[str] = Counter()
    failed: list[str] = []
    progress.works("gathering what was found")
    log = Log(DUCKDB, matched.rows, matched.column)
    alone = [(hits.numbers[name], matched.numbers[plan]) for name, plan in plans.items() if isinstance(plan, Search)]
    _searched(hits, matched, alone)
    for name, plan in plans.items():
        if not isinstance(plan, Correlation):
            continue
        progress.works(f"correlating {name}")
        until = None
        if matched.newest is not None:
            until = matched.newest - max(contracts[source].delay.greatest for source in sources(plan))
        windows = SqlWindows(log, until)
        try:
            if not hits.scratch.within_memory(partial(_correlated, hits, name, plan, windows)):
                failed.append(f"{name}: its windows need more memory than there is; hunt in a shorter log")
            elif waits(plan):
                everything = SqlWindows(log).query(plan)
                query = f"SELECT count(*) FROM (FROM ({everything}) EXCEPT FROM ({windows.query(plan)}))"
                ((waiting[name],),) = hits.scratch.connection.execute(query).fetchall()
        except (*REFUSED, UnsupportedError) as error:
            failed.append(f"{name}: it couldn't be asked: {error}")
    return waiting, failed


def _searched(hits: Hits, matched: Matched, alone: Sequence[tuple[int, int]]) -> None:
    """Single-event rules. alone: numbers of rules, each with its search's."""
    for start in range(0, len(alone), _AT_ONCE):
        pairs = ", ".join(map(str, alone[start : start + _AT_ONCE]))
        hits.insert(
            f"SELECT rule, id, min(t), [], NULL FROM {matched.table} JOIN (VALUES {pairs}) AS p(rule, number) ON search = number "
            "GROUP BY rule, id"
        )


def _correlated(hits: Hits, name: str, plan: Correlation, windows: SqlWindows) -> None:
    key = ", ".join(f"k{number}::VARCHAR" for number in range(len(plan.key)))
    query = evidenced(windows, plan, _EVIDENCED, _EVIDENCE)
    hits.insert(f"SELECT {hits.numbers[name]}, id, t, [{key}], ids FROM ({query})")

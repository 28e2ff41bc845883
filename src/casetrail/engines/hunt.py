"""Hunting: many rules over log files of any size, with DuckDB in bounded memory.

A file of plain NDJSON (or Parquet) is read by DuckDB line by line, each line parsed once for the fields that the rules name. Whatever
is not as the contract says (a malformed line, a list for a single value, a row in an envelope) stops that and sends the file the
patient way: Python reads it, settles each row, and hands DuckDB the bag of texts of each field. Both ways feed the same SQL.

All searches are tried in one pass, dispatched on the event type; correlations then run over the events found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import duckdb
import orjson

from casetrail.dialects.duckdb import Column, DuckdbExpressions, identifier, literal, parsed
from casetrail.dialects.duckdb_windows import DuckdbWindows
from casetrail.engines import duckdb_files as sql
from casetrail.engines.event import event_of
from casetrail.engines.hits import Hits, Shape
from casetrail.engines.progress import Progress
from casetrail.engines.scratch import MEMORY, Scratch
from casetrail.logs.read import Faults, documents, log_files, suffixes
from casetrail.logs.rows import detects, rows
from casetrail.pack.contract import Contract
from casetrail.plan.dispatch import kinds
from casetrail.plan.nodes import Correlation, Field, Order, Plan, Search, Threshold, fields, searches, sources
from casetrail.plan.values import TIME_FORMATS, bag

_EVIDENCE = 20
_EVIDENCED = 10_000
_SNIFFED = 20
_CHUNK = 20_000
_AT_ONCE = 500


@dataclass
class Report:
    """What a hunt found.

    hits: what completes the rules; rows: rows read, by log source; waiting: completions that a longer log could still undo, by rule.
    """

    hits: Hits
    rows: Counter[str] = field(default_factory=Counter)
    files: int = 0
    faults: Faults = field(default_factory=Faults)
    waiting: Counter[str] = field(default_factory=Counter)


def hunt(
    plans: Mapping[str, Plan],
    contracts: Mapping[str, Contract],
    paths: Sequence[Path],
    source: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """What completes the rules in log files.

    plans: by the rules' names; paths: files and folders; source: the log source of all rows, else each row tells its own;
    progress: where to tell how far it is.

    Raises UnsupportedError for a plan that DuckDB can't say, and nothing for faults in the logs: the report has them.
    """
    return _Hunt(plans, contracts, source, progress or Progress()).run(paths)


class _Shape(Exception):
    """A file isn't as its contract says."""


class _Hunt:
    def __init__(
        self, plans: Mapping[str, Plan], contracts: Mapping[str, Contract], source: str | None, progress: Progress
    ) -> None:
        self.plans = plans
        self.contracts = contracts
        self.source = source
        self.progress = progress
        self.scratch = Scratch()
        self.connection = self.scratch.connection
        self.report = Report(Hits(self.scratch, {name: Shape.of(plan) for name, plan in plans.items()}))
        self.searches = list(dict.fromkeys(search for plan in plans.values() for search in searches(plan)))
        self.by_source: defaultdict[str, list[int]] = defaultdict(list)
        for number, search in enumerate(self.searches):
            self.by_source[search.source].append(number)
        keyed = dict.fromkeys(each for plan in plans.values() for each in _step_fields(plan))
        self.step_columns = {each: f"f{number}" for number, each in enumerate(keyed)}
        columns = "".join(f", {name} VARCHAR[]" for name in self.step_columns.values())
        self.connection.execute(f"CREATE TABLE matched (search INT, id VARCHAR, t BIGINT{columns})")
        for setting in ("enable_progress_bar = true", "enable_progress_bar_print = false", "progress_bar_time = 0"):
            self.connection.execute(f"SET {setting}")
        self.newest: int | None = None

    def run(self, paths: Sequence[Path]) -> Report:
        files = [file for path in paths for file in log_files(path)]
        self.progress.total = sum(map(_bytes, files))
        for file in files:
            self.progress.reads(file.name, _bytes(file))
            self.file(file)
        self.report.files = len(files)
        self.complete()
        return self.report

    def file(self, path: Path) -> None:
        contract = self.sniff(path)
        if contract is not None:
            self.progress.follows(lambda: self.connection.query_progress() / 100)
            try:
                self.quick(path, contract)
            except (duckdb.Error, _Shape):
                self.connection.rollback()
            else:
                return
        self.patient(path)

    def sniff(self, path: Path) -> Contract | None:
        """The contract of a file whose first rows are all plain rows of one log; None for any other."""
        kind, packed = suffixes(path)
        if kind in ("csv", "yml", "yaml"):
            return None
        try:
            lines = self.connection.execute(f"SELECT l FROM {sql.lines(path, kind, packed)} LIMIT {_SNIFFED}").fetchall()
            first = [orjson.loads(line) for (line,) in lines]
        except (duckdb.Error, orjson.JSONDecodeError):
            return None
        known = [self.contracts[self.source]] if self.source else list(self.contracts.values())
        for contract in known:
            if sql.plain(contract) and first and all(isinstance(row, dict) and detects(row, contract) for row in first):
                return contract
        return None

    def quick(self, path: Path, contract: Contract) -> None:
        """DuckDB reads the file. Raises duckdb.Error or _Shape when it isn't as its contract says; nothing is kept then."""
        kind, packed = suffixes(path)
        must = [contract.fields[mark] for mark in contract.detect[0]]
        must += [contract.time, *contract.identity, *([contract.event_type] if contract.event_type else [])]
        wanted = dict.fromkeys([*must, *self.fields(contract)])
        texts = {each: f"x[{number}]" for number, each in enumerate((each for each in wanted if not each.many), 1)}
        columns = {each: Column(sql.present(each, text), many=False) for each, text in texts.items()}
        columns |= {each: Column(sql.many(each), many=True) for each in wanted if each.many}
        odd = [
            f"((starts_with({text}, '{{') OR starts_with({text}, '[')) AND json_type(l, {literal(sql.place(each))}) IN ('OBJECT', 'ARRAY'))"
            for each, text in texts.items()
        ]
        odd += [f"{texts[contract.fields[mark]]} IS NULL" for mark in contract.detect[0]]
        odd.append(f"{texts[contract.time]} NOT LIKE '____-__-_____:__:__%'")
        paths = ", ".join(literal(sql.place(each)) for each in texts)
        lines = f"SELECT l, json_extract_string(l, [{paths}]) AS x FROM {sql.lines(path, kind, packed)} WHERE l <> ''"
        relation = f"(SELECT l, CASE WHEN {' OR '.join(odd)} THEN error('shape') ELSE x END AS x FROM ({lines}))"
        identity = " || '|' || ".join(f"coalesce({columns[each].sql}, '')" for each in contract.identity)
        time = parsed(columns[contract.time].sql, contract.time, cased=True)
        self.connection.begin()
        self.connection.execute("PRAGMA enable_profiling = 'no_output'")
        self.insert(relation, contract, columns, identity, time)
        count = sql.scanned(self.connection.get_profiling_information()) if self.by_source[contract.key] else 0
        self.connection.execute("PRAGMA disable_profiling")
        if self.connection.execute("SELECT count(*) FROM matched WHERE t IS NULL").fetchall() != [(0,)]:
            raise _Shape
        newest = None
        if any(_waits(plan) and contract.key in sources(plan) for plan in self.plans.values()):
            text = f"json_extract_string(l, {literal(sql.place(contract.time))})"
            newest = self.newest_of(text, f"{sql.lines(path, kind, packed)} WHERE l <> ''", contract)
        self.connection.commit()
        self.seen(contract.key, count, newest)

    def newest_of(self, text: str, lines: str, contract: Contract) -> int | None:
        """The latest time in a file. Times of one length in UTC are in order as texts, which spares reading each."""
        alike = "min(len(x)) = max(len(x)) AND bool_and(x LIKE '%Z')"
        query = f"SELECT max(x), {alike} FROM (SELECT {text} AS x FROM {lines})"
        ((latest, ordered),) = self.connection.execute(query).fetchall()
        if ordered:
            return cast(int, TIME_FORMATS[contract.time.time_format](latest))
        ((newest,),) = self.connection.execute(
            f"SELECT max({parsed(text, contract.time, cased=True)}) FROM {lines}"
        ).fetchall()
        return cast(int, newest)

    def insert(self, relation: str, contract: Contract, columns: Mapping[Field, Column], identity: str, time: str) -> None:
        """Put the matching events of a relation into `matched`."""
        numbers = self.by_source[contract.key]
        if not numbers:
            return
        expressions = DuckdbExpressions(lambda each: columns[each])
        found = self.dispatch(numbers, contract, columns, expressions)
        kept = "".join(f", {sql.bag(columns.get(each))} AS {name}" for each, name in self.step_columns.items())
        inner = f"SELECT *, {found} AS found FROM {relation}"
        self.connection.execute(
            f"INSERT INTO matched SELECT unnest(found) AS search, {identity} AS id, {time} AS t{kept} FROM ({inner}) WHERE len(found) > 0"
        )

    def dispatch(
        self, numbers: Sequence[int], contract: Contract, columns: Mapping[Field, Column], expressions: DuckdbExpressions
    ) -> str:
        """SQL for the list of the numbers of the searches that match a row."""
        by_kind: defaultdict[str, list[str]] = defaultdict(list)
        general: list[str] = []
        for number in numbers:
            where = self.searches[number].where
            test = f"CASE WHEN {expressions.expression(where)} THEN {number} END"
            chosen = kinds(where, contract.event_type) if contract.event_type else None
            if chosen is None:
                general.append(test)
            for kind in sorted(chosen or ()):
                by_kind[kind].append(test)
        parts = [f"[{', '.join(general)}]"] if general else []
        if by_kind and contract.event_type:
            kind_column = columns[contract.event_type]
            subject = f"{kind_column.sql}[1]" if kind_column.many else kind_column.sql
            several = f"WHEN len({kind_column.sql}) > 1 THEN" if kind_column.many else ""
            cases = " ".join(f"WHEN {literal(kind)} THEN [{', '.join(tests)}]" for kind, tests in sorted(by_kind.items()))
            one = f"CASE {subject} {cases} ELSE [] END"
            everything = dict.fromkeys(test for tests in by_kind.values() for test in tests)
            parts.append(f"CASE {several} [{', '.join(everything)}] ELSE {one} END" if several else one)
        return f"list_filter({' || '.join(parts) or '[]::INT[]'}, lambda n: n IS NOT NULL)"

    def fields(self, contract: Contract) -> list[Field]:
        """The fields of a log that its searches and their correlations name."""
        named = [each for number in self.by_source[contract.key] for each in fields(self.searches[number])]
        known = set(contract.fields.values())
        return list(dict.fromkeys([*named, *(each for each in self.step_columns if each in known)]))

    def patient(self, path: Path) -> None:
        """Python reads the file, row by row, and notes its faults."""
        chunks: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        wanted = {key: [*self.fields(contract)] for key, contract in self.contracts.items()}
        for key, contract in self.contracts.items():
            if contract.event_type:
                wanted[key] = list(dict.fromkeys([contract.event_type, *wanted[key]]))
        faults = self.report.faults
        for place, document in documents(path, faults, self.progress.follows):
            if not isinstance(document, dict | list):
                faults.note("not an object", place)
                continue
            known = False
            for contract, row in rows(document, self.contracts, self.source):
                known = True
                event = event_of(row, contract)
                if event is None:
                    faults.note("row without a readable time or identity", place)
                    continue
                values = [bag(row, each) for each in wanted[contract.key]]
                chunks[contract.key].append({"id": event.id, "t": event.time, "b": values})
                if len(chunks[contract.key]) >= _CHUNK:
                    self.load(contract, wanted[contract.key], chunks.pop(contract.key))
            if not known:
                faults.note("no known log", place)
        for key, chunk in chunks.items():
            self.load(self.contracts[key], wanted[key], chunk)

    def load(self, contract: Contract, wanted: Sequence[Field], chunk: list[dict[str, Any]]) -> None:
        file = self.scratch.folder / "chunk.ndjson"
        lines = [orjson.dumps(row) for row in chunk]
        file.write_bytes(b"\n".join(lines))
        size = max(map(len, lines)) + 1024
        shape = "{id: 'VARCHAR', t: 'BIGINT', b: 'VARCHAR[][]'}"
        relation = (
            f"read_json({literal(str(file))}, format = 'newline_delimited', columns = {shape}, maximum_object_size = {size})"
        )
        columns = {each: Column(f"b[{number}]", many=True) for number, each in enumerate(wanted, 1)}
        self.insert(relation, contract, columns, "id", "t")
        self.seen(contract.key, len(chunk), max(row["t"] for row in chunk))

    def seen(self, key: str, count: int, newest: int | None) -> None:
        self.report.rows[key] += count
        self.newest = max((moment for moment in (self.newest, newest) if moment is not None), default=None)

    def complete(self) -> None:
        """Put what completes the rules into the report."""
        hits = self.report.hits
        numbers = {search: number for number, search in enumerate(self.searches)}
        alone = [(hits.numbers[name], numbers[plan]) for name, plan in self.plans.items() if isinstance(plan, Search)]
        self.progress.works("gathering what was found")
        for start in range(0, len(alone), _AT_ONCE):
            pairs = ", ".join(map(str, alone[start : start + _AT_ONCE]))
            hits.insert(
                f"SELECT rule, id, min(t), [], NULL FROM matched JOIN (VALUES {pairs}) AS p(rule, number) ON search = number "
                "GROUP BY rule, id"
            )
        for name, plan in self.plans.items():
            if isinstance(plan, Correlation):
                self.progress.works(f"correlating {name}")
                self.within_memory(name, partial(self.correlate, name, plan, numbers))

    def within_memory(self, name: str, work: Callable[[], None]) -> None:
        """Do the work for a rule; with most of the machine's memory where one key alone has more steps than the bound can hold."""
        try:
            work()
        except duckdb.OutOfMemoryException:
            self.connection.execute("SET memory_limit = '80%'")
            try:
                work()
            except duckdb.OutOfMemoryException:
                self.report.faults.fatal.append(f"{name}: its windows need more memory than there is; hunt in a shorter log")
            finally:
                self.connection.execute(f"SET memory_limit = {literal(MEMORY)}")

    def correlate(self, name: str, plan: Correlation, numbers: Mapping[Search, int]) -> None:
        def matches(search: Search) -> str:
            return f"(SELECT * FROM matched WHERE search = {numbers[search]})"

        def column(each: Field) -> Column:
            return Column(identifier(self.step_columns[each]), many=True)

        until = None
        if self.newest is not None:
            until = self.newest - max(self.contracts[source].delay.greatest for source in sources(plan))
        windows = DuckdbWindows(matches, column, until)
        key = ", ".join(f"k{number}::VARCHAR" for number in range(len(plan.key)))
        evidenced = windows.evidenced(plan, _EVIDENCED, _EVIDENCE)
        hits = self.report.hits
        hits.insert(f"SELECT {hits.numbers[name]}, id, t, [{key}], ids FROM ({evidenced})")
        if _waits(plan):
            everything = DuckdbWindows(matches, column, None).query(plan)
            ((waiting,),) = self.connection.execute(
                f"SELECT count(*) FROM (FROM ({everything}) EXCEPT FROM ({windows.query(plan)}))"
            ).fetchall()
            self.report.waiting[name] += waiting


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _waits(plan: Plan) -> bool:
    if isinstance(plan, Search):
        return False
    after = isinstance(plan.condition, Order) and bool(plan.condition.after)
    return after or any(_waits(base) for base in plan.bases)


def _step_fields(plan: Plan) -> Iterator[Field]:
    if isinstance(plan, Correlation):
        value = plan.condition.value if isinstance(plan.condition, Threshold) else None
        for part in (*plan.key, value) if value else plan.key:
            yield from (each for each in part.fields if each is not None)
        for base in plan.bases:
            yield from _step_fields(base)

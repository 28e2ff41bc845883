"""Hunting: many rules over log files of any size, with DuckDB in bounded memory.

A file of plain NDJSON (or Parquet) is read by DuckDB line by line, each line parsed once for the fields that the rules name. Whatever
is not as the contract says (a malformed line, a list for a single value, a row in an envelope) stops that and sends the file the
patient way: Python reads it, settles each row, and hands DuckDB the bag of texts of each field. Both ways feed the same SQL.

All searches are tried in one pass, dispatched on the event type; correlations then run over the events found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import duckdb
import orjson

from casetrail.hunt import duckdb_files as sql
from casetrail.hunt.completing import Matched, complete
from casetrail.hunt.hits import Hits, Shape
from casetrail.hunt.progress import Progress
from casetrail.hunt.scratch import REFUSED, Scratch, room
from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.languages.sql.expressions import SqlColumn, SqlExpressions
from casetrail.logs.checked import checked
from casetrail.logs.contract import Contract
from casetrail.logs.event import event_of
from casetrail.logs.faults import Faults
from casetrail.logs.packed import suffixes
from casetrail.logs.read import documents
from casetrail.logs.rows import detects, rows
from casetrail.logs.spread import nested
from casetrail.logs.tree import log_files
from casetrail.logs.zstandard import is_whole
from casetrail.plan.dispatch import kinds
from casetrail.plan.horizon import waits
from casetrail.plan.nodes import Correlation, Field, Plan, Search, fields, searches, sources
from casetrail.plan.values import TIME_FORMATS, bag, is_object
from casetrail.stores.unsupported import UnsupportedError

_SNIFFED = 20
_CHUNK = 20_000
_CHARACTERS = 16_000_000
"""The most characters of texts in a chunk, by which it is cut where rows are large."""
_FEW = 1_000_000
"""Characters of texts that no rule of usual size needs much memory for."""
_AT_ONCE = 100
"""The most searches in one query."""
_UNKNOWN = "no known log"
ARRIVED = "arrived"
"""The key of a row, or of an envelope of rows, that says when it came."""


@dataclass
class Report:
    """What a hunt found.

    hits: what completes the rules; rows: rows read, by log source; waiting: completions that a longer log could still undo, by rule.
    again: of the rows that a rule looks at, how many were of an event that had come before, by log source.
    bare: events of files none of whose events holds a field that rules ask for or by which it could be traced, by log source.
    """

    hits: Hits
    rows: Counter[str] = field(default_factory=Counter)
    files: int = 0
    faults: Faults = field(default_factory=Faults)
    waiting: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    bare: Counter[str] = field(default_factory=Counter)


def hunt(
    plans: Mapping[str, Plan],
    contracts: Mapping[str, Contract],
    paths: Sequence[Path],
    source: str | None = None,
    progress: Progress | None = None,
    since: int | None = None,
) -> Report:
    """What completes the rules in log files.

    plans: by the rules' names; paths: files and folders; source: the log source of all rows, else each row tells its own;
    progress: where to tell how far it is; since: only what rows completed that arrived at this time or later (microseconds since 1970,
    UTC), by the key `arrived` of a row or its envelope, else by the file's modification time.

    Raises FullError when the disk is full that it works on. Faults in the logs are no errors: the report has them, and the rules that
    couldn't be asked as well.
    """
    with room():
        return _Hunt(plans, contracts, source, progress or Progress(), since).run(paths)


class _Shape(Exception):
    """A file isn't as its contract says."""


class _Hunt:
    def __init__(
        self,
        plans: Mapping[str, Plan],
        contracts: Mapping[str, Contract],
        source: str | None,
        progress: Progress,
        since: int | None,
    ) -> None:
        self.since = since
        self.modified = 0
        self.plans = plans
        self.contracts = contracts
        self.source = source
        self.progress = progress
        self.scratch = Scratch()
        self.connection = self.scratch.connection
        self.report = Report(Hits(self.scratch, {name: Shape.of(plan) for name, plan in plans.items()}))
        self.searches = list(dict.fromkeys(search for plan in plans.values() for search in searches(plan)))
        self.by_source: defaultdict[str, list[int]] = defaultdict(list)
        self.refused: dict[Search, str] = {}
        for number, search in enumerate(self.searches):
            self.by_source[search.source].append(number)
        keyed = dict.fromkeys(each for plan in plans.values() for each in _step_fields(plan))
        self.step_columns = {each: f"f{number}" for number, each in enumerate(keyed)}
        columns = "".join(f", {name} VARCHAR[]" for name in self.step_columns.values())
        self.connection.execute(f"CREATE TABLE matched (search INT, id VARCHAR, t BIGINT, a BIGINT{columns})")
        for setting in ("enable_progress_bar = true", "enable_progress_bar_print = false", "progress_bar_time = 0"):
            self.connection.execute(f"SET {setting}")
        self.telling = {key: self.telling_of(contract) for key, contract in contracts.items()}
        self.newest: int | None = None
        self.stage_file = self.scratch.folder / "staged"
        self.staged = f"read_parquet({DUCKDB.literal(str(self.stage_file))})"

    def run(self, paths: Sequence[Path]) -> Report:
        files = [file for path in paths for file in log_files(path, self.report.faults)]
        self.progress.total = sum(map(_bytes, files))
        for file in files:
            self.progress.reads(file.name, _bytes(file))
            self.file(file)
        self.report.files = len(files)
        if not self.report.rows and self.report.faults.counts[_UNKNOWN]:
            self.report.faults.fatal.append(
                "no event of a known log was read: name the log by --source, or write its definition"
            )
        self.report.again = self.again()
        if self.report.again and not self.scratch.within_memory(self.drop_again):
            self.report.faults.fatal.append(
                "events that came again count again: there isn't memory enough to leave them out"
            )
        matched = Matched({search: number for number, search in enumerate(self.searches)}, self.step_columns, self.newest)
        plans, failed = self.asked_plans()
        if self.since is not None:
            before = replace(matched, before=self.since, newest=min(self.since, self.newest or self.since))
            _, more = complete(self.report.hits, before, plans, self.contracts, self.progress)
            failed += more
            self.report.hits.put_aside()
        self.report.waiting, more = complete(self.report.hits, matched, plans, self.contracts, self.progress)
        if self.since is not None:
            self.report.hits.drop_put_aside()
        self.report.faults.fatal += dict.fromkeys([*failed, *more])
        return self.report

    def asked_plans(self) -> tuple[dict[str, Plan], list[str]]:
        """The plans of which every search could be asked, and the others, with the reason."""
        refused = {
            name: [self.refused[each] for each in searches(plan) if each in self.refused]
            for name, plan in self.plans.items()
        }
        failed = [f"{name}: it couldn't be asked: {reasons[0]}" for name, reasons in refused.items() if reasons]
        return {name: plan for name, plan in self.plans.items() if not refused[name]}, failed

    def again(self) -> Counter[str]:
        """How many matching rows say again what one before said, by log source. An event that several searches match counts once."""
        if not self.searches:
            return Counter()
        known = ", ".join(f"({number}, {DUCKDB.literal(search.source)})" for number, search in enumerate(self.searches))
        repeated = "SELECT search, id, count(*) - 1 AS n FROM matched GROUP BY search, id HAVING n > 0"
        events = (
            f"SELECT source, id, max(n) AS n FROM ({repeated}) JOIN (VALUES {known}) AS s(search, source) USING (search) "
            "GROUP BY source, id"
        )
        try:
            found = self.connection.execute(f"SELECT source, sum(n)::BIGINT FROM ({events}) GROUP BY source").fetchall()
        except duckdb.OutOfMemoryException:
            return Counter()
        return Counter(dict(found))

    def drop_again(self) -> None:
        """Keep of the rows of one event the one that arrived first, since a figure would count each."""
        repeated = "SELECT search, id FROM matched GROUP BY search, id HAVING count(*) > 1"
        numbered = (
            "SELECT rowid AS r, row_number() OVER (PARTITION BY search, id ORDER BY a, t, rowid) AS n "
            f"FROM matched SEMI JOIN ({repeated}) USING (search, id)"
        )
        self.connection.execute(f"DELETE FROM matched WHERE rowid IN (SELECT r FROM ({numbered}) WHERE n > 1)")

    def file(self, path: Path) -> None:
        if self.since is not None:
            self.modified = _modified(path)
        contract = self.sniff(path)
        if contract is not None:
            self.progress.follows(lambda: self.connection.query_progress() / 100)
            try:
                with checked(path) as check:
                    count, newest = self.quick(path, contract)
                    told = check()
                if told.long:
                    raise _Shape
                self.connection.commit()
            except (duckdb.Error, UnsupportedError, _Shape):
                self.undo()
            else:
                self.seen(contract.key, count, newest)
                if told.damage is not None:
                    self.report.faults.fatal.append(told.damage)
                return
        self.patient(path)

    def undo(self) -> None:
        # A commit that found no room has ended the transaction already.
        with suppress(duckdb.TransactionException):
            self.connection.rollback()

    def sniff(self, path: Path) -> Contract | None:
        """The contract of a file whose first rows are all plain rows of one log; None for any other."""
        kind, packed = suffixes(path)
        if kind in ("csv", "yml", "yaml"):
            return None
        try:
            if packed == "zst" and not is_whole(path):
                return None
            lines = self.connection.execute(f"SELECT l FROM {sql.lines(path)} LIMIT {_SNIFFED}").fetchall()
            first = [orjson.loads(line) for (line,) in lines]
        except (duckdb.Error, orjson.JSONDecodeError, OSError):
            return None
        known = [self.contracts[self.source]] if self.source else list(self.contracts.values())
        for contract in known:
            if sql.plain(contract) and first and all(isinstance(row, dict) and detects(row, contract) for row in first):
                whole = all(nested(row) is row for row in first) and any(self.tells(row, contract) for row in first)
                return contract if whole else None
        return None

    def telling_of(self, contract: Contract) -> list[Field]:
        """What tells more of an event than that it is one of this log: the fields that rules ask for, and those to trace it by."""
        traced = [contract.fields[path] for paths in contract.pivots.values() for path in paths]
        known = {contract.time, *contract.identity, contract.event_type}
        marks = {mark.partition("=")[0] for group in contract.detect for mark in group}
        found = dict.fromkeys([*self.fields(contract), *traced])
        return [each for each in found if each not in known and each.path not in marks]

    def tells(self, row: Mapping[str, Any], contract: Contract) -> bool:
        """Whether a row holds anything that a rule asks for, or by which its event could be traced."""
        telling = self.telling[contract.key]
        return not telling or any(bag(row, each) for each in telling)

    def quick(self, path: Path, contract: Contract) -> tuple[int, int | None]:
        """DuckDB reads the file in a transaction that it leaves open. Gives the number of its rows, and the latest time if a rule waits.

        Raises duckdb.Error or _Shape when the file isn't as its contract says.
        """
        must = [contract.fields[mark] for mark in contract.detect[0]]
        must += [contract.time, *contract.identity, *([contract.event_type] if contract.event_type else [])]
        wanted = dict.fromkeys([*must, *self.fields(contract)])
        single = {sql.place(each.steps): each for each in wanted if not each.many}
        held = dict.fromkeys(sql.place(sql.holder(each)) for each in wanted if each.many)
        places = {path: f"{sql.TEXTS}[{number}]" for number, path in enumerate([*single, *held], 1)}
        texts = {each: places[path] for path, each in single.items()}
        columns = {each: SqlColumn(sql.present(each, text), many=False) for each, text in texts.items()}
        columns |= {
            each: SqlColumn(sql.many(each, places[sql.place(sql.holder(each))]), many=True) for each in wanted if each.many
        }
        odd = {path: f"({sql.nested(places[path], path)} OR {sql.no_text(places[path], path)})" for path in single}
        odd |= {path: sql.no_list(places[path], path) for path in held}
        lost = [f"{texts[contract.fields[mark]]} IS NULL" for mark in contract.detect[0]]
        lost.append(f"{texts[contract.time]} NOT LIKE '____-__-_____:__:__%'")
        lost.append(f"{texts[contract.time]} NOT BETWEEN '0001-01-02' AND '9999-12-31'")
        lost += [odd.pop(path) for path, each in single.items() if each in must]
        named = [f"coalesce({columns[each].sql}, '')" for each in contract.identity]
        lost.append(f"{' || '.join(named)} = ''")
        known = sql.objects(
            [*(each.steps for each in single.values()), *map(sql.holder, (each for each in wanted if each.many))]
        )
        all_rows = sql.objects(each.steps for each in must)
        lost.append(sql.doubled(all_rows))
        below: defaultdict[str, list[str]] = defaultdict(list)
        for each in wanted:
            if len(each.steps) > 1:
                below[each.steps[0]].append(places[sql.place(sql.holder(each) if each.many else each.steps)])
        lost += [sql.dotted(step, texts) for step, texts in below.items()]
        inner = {path: keys for path, keys in known.items() if path}
        strange = [sql.doubled(known), *([sql.lists(inner)] if inner else [])]
        relation = sql.extracted(f"(SELECT l FROM {sql.lines(path)} WHERE l <> '')", places)
        relation = sql.whole(relation, lost, self.asked(contract, columns), [*odd.values(), *strange])
        identity = " || '|' || ".join(named)
        time = DUCKDB.parsed(columns[contract.time].sql, contract.time, cased=True)
        arrived = "NULL"
        if self.since is not None:
            arrived = f"coalesce(as_time_iso8601(json_extract_string(l, '$.{ARRIVED}')), {self.modified})"
        self.connection.begin()
        count = self.insert(relation, contract, columns, identity, time, arrived)
        if self.connection.execute("SELECT count(*) FROM matched WHERE t IS NULL").fetchall() != [(0,)]:
            raise _Shape
        newest = None
        if any(waits(plan) and contract.key in sources(plan) for plan in self.plans.values()):
            text = f"json_extract_string(l, {DUCKDB.literal(sql.place(contract.time.steps))})"
            newest = self.newest_of(text, f"{sql.lines(path)} WHERE l <> ''", contract)
        return count, newest

    def newest_of(self, text: str, lines: str, contract: Contract) -> int | None:
        """The latest time in a file. Times of one length in UTC are in order as texts, which spares reading each."""
        alike = "min(len(x)) = max(len(x)) AND bool_and(x LIKE '%Z')"
        query = f"SELECT max(x), {alike} FROM (SELECT {text} AS x FROM {lines})"
        ((latest, ordered),) = self.connection.execute(query).fetchall()
        if ordered and (moment := TIME_FORMATS[contract.time.time_format](latest)) is not None:
            return moment
        ((newest,),) = self.connection.execute(
            f"SELECT max({DUCKDB.parsed(text, contract.time, cased=True)}) FROM {lines}"
        ).fetchall()
        return cast(int, newest)

    def asked(self, contract: Contract, columns: Mapping[Field, SqlColumn]) -> str:
        """SQL for whether any search may be about a row, by its kind of event."""
        by_kind, general = self.kinds(self.by_source[contract.key], contract)
        if general or contract.event_type is None or contract.event_type.many:
            return "true"
        return (
            f"{columns[contract.event_type].sql} IN ({', '.join(map(DUCKDB.literal, sorted(by_kind)))})"
            if by_kind
            else "false"
        )

    def insert(
        self, relation: str, contract: Contract, columns: Mapping[Field, SqlColumn], identity: str, time: str, arrived: str
    ) -> int:
        """Put the matching events of a relation into `matched`; gives the number of its rows that were read."""
        numbers = self.by_source[contract.key]
        if len(numbers) <= _AT_ONCE or contract.event_type is None:
            found = [self.dispatch(some, contract, columns) for some in _few(numbers)]
            return max((self.match(relation, one, columns, identity, time, arrived) for one in found), default=0)
        staged = self.stage(relation, columns, identity, time, arrived)
        for rows_of_kind, some in self.by_kind(numbers, contract, staged[contract.event_type]):
            self.match(rows_of_kind, _listed(self.tests(some, staged).values()), staged, "id", "t", "a")
        ((count,),) = self.connection.execute(f"SELECT count(*) FROM {self.staged}").fetchall()
        return cast(int, count)

    def match(
        self, relation: str, found: str, columns: Mapping[Field, SqlColumn], identity: str, time: str, arrived: str
    ) -> int:
        """Put the events of a relation for which `found` lists searches into `matched`; gives the number of rows that were read."""
        kept = "".join(f", {sql.bag(columns.get(each))} AS {name}" for each, name in self.step_columns.items())
        inner = f"SELECT *, list_filter({found}, lambda n: n IS NOT NULL) AS found FROM {relation}"
        self.connection.execute("PRAGMA enable_profiling = 'no_output'")
        self.connection.execute(
            f"INSERT INTO matched SELECT unnest(found) AS search, {identity} AS id, {time} AS t, {arrived} AS a{kept} FROM ({inner}) "
            "WHERE len(found) > 0"
        )
        count = sql.scanned(self.connection.get_profiling_information())
        self.connection.execute("PRAGMA disable_profiling")
        return count

    def stage(
        self, relation: str, columns: Mapping[Field, SqlColumn], identity: str, time: str, arrived: str
    ) -> dict[Field, SqlColumn]:
        """Keep what a relation's rows hold in the file `staged`, so that each kind of event can meet its own searches.

        DuckDB keeps room for each part of an expression while a query runs, so hundreds of searches can't stand in one.
        """
        staged = {each: SqlColumn(f"s{number}", column.many) for number, (each, column) in enumerate(columns.items())}
        kept = "".join(f", {columns[each].sql} AS {column.sql}" for each, column in staged.items())
        self.connection.execute(
            f"COPY (SELECT {identity} AS id, {time} AS t, {arrived} AS a{kept} FROM {relation}) TO {DUCKDB.literal(str(self.stage_file))} "
            f"(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {_CHUNK})"
        )
        return staged

    def by_kind(self, numbers: Sequence[int], contract: Contract, kind: SqlColumn) -> Iterator[tuple[str, Sequence[int]]]:
        """For each kind of event in the file `staged` its rows and the numbers of searches for it, a few at a time."""
        by_kind, general = self.kinds(numbers, contract)
        for some in _few(general):
            yield self.staged, some
        each = f"unnest({kind.sql})" if kind.many else kind.sql
        for (value,) in self.connection.execute(f"SELECT DISTINCT {each} FROM {self.staged}").fetchall():
            is_kind = (
                f"list_contains({kind.sql}, {DUCKDB.literal(value)})"
                if kind.many
                else f"{kind.sql} = {DUCKDB.literal(value)}"
            )
            for some in _few(by_kind.get(value, ())):
                yield f"(SELECT * FROM {self.staged} WHERE {is_kind})", some

    def kinds(self, numbers: Sequence[int], contract: Contract) -> tuple[dict[str, list[int]], list[int]]:
        """The numbers of searches by the kinds of event that they are about, and of those about any."""
        by_kind: defaultdict[str, list[int]] = defaultdict(list)
        general: list[int] = []
        for number in numbers:
            chosen = kinds(self.searches[number].where, contract.event_type) if contract.event_type else None
            if chosen is None:
                general.append(number)
            for kind in sorted(chosen or ()):
                by_kind[kind].append(number)
        return by_kind, general

    def tests(self, numbers: Sequence[int], columns: Mapping[Field, SqlColumn]) -> dict[int, str]:
        """SQL that gives a search's number where it matches, else null, by number."""
        expressions = SqlExpressions(DUCKDB, lambda each: columns[each])
        return {
            number: f"CASE WHEN {expressions.expression(self.searches[number].where)} THEN {number} END"
            for number in numbers
        }

    def dispatch(self, numbers: Sequence[int], contract: Contract, columns: Mapping[Field, SqlColumn]) -> str:
        """SQL for a list of the numbers of the searches that match a row, and nulls."""
        tests = self.tests(numbers, columns)
        by_kind, general = self.kinds(numbers, contract)
        parts = [_listed(tests[number] for number in general)] if general else []
        if by_kind and contract.event_type:
            kind = columns[contract.event_type]
            subject = f"{kind.sql}[1]" if kind.many else kind.sql
            cases = " ".join(
                f"WHEN {DUCKDB.literal(value)} THEN {_listed(tests[number] for number in chosen)}"
                for value, chosen in sorted(by_kind.items())
            )
            one = f"CASE {subject} {cases} ELSE [] END"
            everything = _listed(tests[number] for chosen in by_kind.values() for number in chosen)
            parts.append(f"CASE WHEN len({kind.sql}) > 1 THEN {everything} ELSE {one} END" if kind.many else one)
        return " || ".join(parts)

    def fields(self, contract: Contract) -> list[Field]:
        """The fields of a log that its searches and their correlations name."""
        named = [each for number in self.by_source[contract.key] for each in fields(self.searches[number])]
        known = set(contract.fields.values())
        return list(dict.fromkeys([*named, *(each for each in self.step_columns if each in known)]))

    def patient(self, path: Path) -> None:
        """Python reads the file, row by row, and notes its faults."""
        chunks: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        sizes: Counter[str] = Counter()
        wanted = {key: [*self.fields(contract)] for key, contract in self.contracts.items()}
        for key, contract in self.contracts.items():
            if contract.event_type:
                wanted[key] = list(dict.fromkeys([contract.event_type, *wanted[key]]))
        faults = self.report.faults
        lost, objects = faults.lost, faults.objects
        bare: Counter[str] = Counter()
        telling: set[str] = set()
        readable, of_known = False, self.source is not None
        for place, document in documents(path, faults, self.progress.follows):
            readable = True
            if not isinstance(document, dict | list):
                faults.note("not an object", place)
                continue
            known = False
            try:
                for contract, row in rows(document, self.contracts, self.source):
                    known = of_known = True
                    event = event_of(row, contract)
                    if event is None:
                        faults.lose("event without a readable time or identity", place, is_object=True)
                        continue
                    values = [bag(row, each) for each in wanted[contract.key]]
                    if contract.key not in telling:
                        bare[contract.key] += 1
                        telling |= {contract.key} if self.tells(row, contract) else set()
                    for each, texts in zip(wanted[contract.key], values, strict=True):
                        if not texts and is_object(row, each):
                            faults.note(f"an object in {each.path}, which is no value", place)
                    chunks[contract.key].append({"id": event.id, "t": event.time, "a": self.arrived(row), "b": values})
                    sizes[contract.key] += sum(len(text) + 1 for texts in values for text in texts)
                    if len(chunks[contract.key]) >= _CHUNK or sizes[contract.key] >= _CHARACTERS:
                        del sizes[contract.key]
                        self.load(path, contract, wanted[contract.key], chunks.pop(contract.key))
            except RecursionError:
                faults.lose("nested too deeply", place, is_object=True)
                continue
            if not known:
                faults.note(_UNKNOWN, place)
        for key, chunk in chunks.items():
            self.load(path, self.contracts[key], wanted[key], chunk)
        self.report.bare += Counter({key: events for key, events in bare.items() if key not in telling})
        gone = faults.lost - lost if of_known else 0 if readable else faults.objects - objects
        if gone:
            faults.fatal.append(f"{path}: {gone} {'row' if gone == 1 else 'rows'} lost: see above")

    def arrived(self, row: Mapping[str, Any]) -> int:
        told = row.get(ARRIVED)
        found = TIME_FORMATS["iso8601"](told) if isinstance(told, str) else None
        return self.modified if found is None else found

    def load(self, path: Path, contract: Contract, wanted: Sequence[Field], chunk: list[dict[str, Any]]) -> None:
        """Match rows; where memory doesn't suffice for all of them, a half at a time. A row for which it never does is a fault."""
        try:
            self.keep_chunk(contract, wanted, chunk)
        except duckdb.OutOfMemoryException:
            self.undo()
            if len(chunk) == 1:
                self.report.faults.fatal.append(f"{path}: event {chunk[0]['id']} is too large for memory; it wasn't matched")
                return
            half = len(chunk) // 2
            self.load(path, contract, wanted, chunk[:half])
            self.load(path, contract, wanted, chunk[half:])
            return
        except (*REFUSED, UnsupportedError):
            self.undo()
            if not self.leave_out_refused(contract, wanted, chunk):
                raise
            self.load(path, contract, wanted, chunk)
            return
        self.seen(contract.key, len(chunk), max(row["t"] for row in chunk))

    def keep_chunk(self, contract: Contract, wanted: Sequence[Field], chunk: list[dict[str, Any]]) -> None:
        """Match rows and keep the matches. Few texts for which memory doesn't suffice are met by large rules, which may take more."""
        few = len(chunk) == 1 or sum(len(text) for row in chunk for texts in row["b"] for text in texts) < _FEW
        try:
            self.connection.begin()
            self.match_chunk(contract, wanted, chunk)
            self.connection.commit()
        except duckdb.OutOfMemoryException:
            if not few:
                raise
            self.undo()
            with self.scratch.more_memory():
                self.connection.begin()
                self.match_chunk(contract, wanted, chunk)
                self.connection.commit()

    def leave_out_refused(self, contract: Contract, wanted: Sequence[Field], chunk: list[dict[str, Any]]) -> bool:
        """Ask no more by the searches that DuckDB refuses to run by themselves; gives whether there are any."""
        numbers, refused = self.by_source[contract.key], []
        for number in numbers:
            self.by_source[contract.key] = [number]
            self.connection.begin()
            try:
                with suppress(duckdb.OutOfMemoryException):
                    self.match_chunk(contract, wanted, chunk)
            except (*REFUSED, UnsupportedError) as error:
                self.refused[self.searches[number]] = " ".join(str(error).split())
                refused.append(number)
            self.undo()
        self.by_source[contract.key] = [number for number in numbers if number not in refused]
        return bool(refused)

    def match_chunk(self, contract: Contract, wanted: Sequence[Field], chunk: list[dict[str, Any]]) -> None:
        file = self.scratch.folder / "chunk.ndjson"
        lines = [orjson.dumps(row) for row in chunk]
        file.write_bytes(b"\n".join(lines))
        size = max(map(len, lines)) + 1024
        shape = "{id: 'VARCHAR', t: 'BIGINT', a: 'BIGINT', b: 'VARCHAR[][]'}"
        relation = f"read_json({DUCKDB.literal(str(file))}, format = 'newline_delimited', columns = {shape}, maximum_object_size = {size})"
        columns = {each: SqlColumn(f"b[{number}]", many=True) for number, each in enumerate(wanted, 1)}
        self.insert(relation, contract, columns, "id", "t", "a")

    def seen(self, key: str, count: int, newest: int | None) -> None:
        self.report.rows[key] += count
        self.newest = max((moment for moment in (self.newest, newest) if moment is not None), default=None)


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1000
    except OSError:
        return 0


def _few(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _AT_ONCE):
        yield numbers[start : start + _AT_ONCE]


def _listed(tests: Iterable[str]) -> str:
    return f"[{', '.join(dict.fromkeys(tests))}]"


def _step_fields(plan: Plan) -> Iterator[Field]:
    if isinstance(plan, Correlation):
        value = plan.value
        for part in (*plan.key, value) if value else plan.key:
            yield from (each for each in part.fields if each is not None)
        for base in plan.bases:
            yield from _step_fields(base)

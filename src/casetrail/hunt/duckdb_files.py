"""How DuckDB reads a log file: SQL for its lines and for the fields in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import orjson

from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.languages.sql.expressions import SqlColumn
from casetrail.logs.contract import Contract
from casetrail.logs.packed import suffixes
from casetrail.logs.read import unglobbed
from casetrail.plan.nodes import Field

TEXTS = '"texts of l"'
"""The column of what is extracted from a line. A lambda's parameter is one word, so none can hide it."""
_OTHERWISE = "-?([0-9]+(\\.[0-9]+)?[eE][-+]?[0-9]+|0\\.0000[0-9]*|[0-9]{19,}|(?i:nan|inf|infinity))"
"""Texts of numbers that DuckDB writes in another way than Python, and of those that are none; long fractions aside."""
_PLAIN = "'VARCHAR', 'BIGINT', 'UBIGINT', 'BOOLEAN', 'NULL'"
"""What JSON values are whose texts everyone writes alike, as DuckDB names their kinds."""
_BUFFER = 8 * 1024 * 1024
_ENDS = 4096


def lines(path: Path) -> str:
    """SQL for a relation of a file's lines, or of its rows or items where it is Parquet or a JSON array, as texts `l`."""
    kind, packed = suffixes(path)
    file = DUCKDB.literal(unglobbed(path))
    if kind == "parquet":
        return f"(SELECT to_json(t)::VARCHAR AS l FROM read_parquet({file}) AS t)"
    if not packed and _is_array(path):
        return f"(SELECT json::VARCHAR AS l FROM read_json_objects({file}, format = 'array', compression = 'none'))"
    compression = {"gz": ", compression = 'gzip'", "zst": ", compression = 'zstd'"}.get(packed, ", compression = 'none'")
    return (
        f"read_csv({file}, delim = chr(1), quote = '', escape = '', header = false, "
        f"auto_detect = false, buffer_size = {_BUFFER}, "
        f"columns = {{l: 'VARCHAR'}}{compression})"
    )


def _is_array(path: Path) -> bool:
    """Whether a file begins and ends as a JSON array; DuckDB takes one that is cut off after a comma for whole."""
    with path.open("rb") as file:
        begins = file.read(_ENDS).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
        file.seek(max(0, path.stat().st_size - _ENDS))
        return begins and file.read(_ENDS).rstrip().endswith(b"]")


def plain(contract: Contract) -> bool:
    """Whether rows of a log can be read as they stand: nothing to settle, and told by fields of single values."""
    if contract.open:
        return False
    marks = contract.detect[0]
    known = all(mark in contract.fields and not contract.fields[mark].many for mark in marks)
    settled = not contract.flatten and not contract.derived
    return settled and len(contract.detect) == 1 and known and contract.time.time_format == "iso8601"


def place(steps: Sequence[str]) -> str:
    """The JSON path of steps from the top of a row."""
    return "$" + "".join(f'."{step}"' for step in steps)


def holder(each: Field) -> tuple[str, ...]:
    """The steps to the first list on the way to a field."""
    return each.steps[: each.arrays[0]]


def extracted(relation: str, paths: Iterable[str]) -> str:
    """SQL for a relation of lines `l` with the list TEXTS of the texts at JSON paths in them."""
    return f"(SELECT *, json_extract_string(l, [{', '.join(map(DUCKDB.literal, paths))}]) AS {TEXTS} FROM {relation})"


def whole(relation: str, lost: Iterable[str], keep: str, odd: Iterable[str]) -> str:
    """SQL for the rows of a relation for which `keep` holds.

    The query fails on a row for which any of `lost` holds, and on one that is kept and for which any of `odd` does.
    """
    stop = "THEN error('shape')"
    strange = f" WHEN {' OR '.join(wrong)} {stop}" if (wrong := list(odd)) else ""
    return f"(SELECT * FROM {relation} WHERE CASE WHEN {' OR '.join(lost)} {stop} WHEN NOT {keep} THEN false{strange} ELSE true END)"


def nested(text: str, path: str) -> str:
    """SQL for whether an object or a list is where a scalar should be. Only what begins like one is looked at twice."""
    begins = f"starts_with({text}, '{{') OR starts_with({text}, '[')"
    return f"(({begins}) AND json_type(l, {DUCKDB.literal(path)}) IN ('OBJECT', 'ARRAY'))"


def no_list(text: str, path: str) -> str:
    """SQL for whether something else is where a list should be. Only in a row with a text that begins like one is it looked at twice."""
    disguised = f"contains(l, '\"[') AND json_type(l, {DUCKDB.literal(path)}) <> 'ARRAY'"
    return f"({text} IS NOT NULL AND (NOT starts_with({text}, '[') OR ({disguised})))"


def dotted(step: str, texts: Iterable[str]) -> str:
    """SQL for whether nothing of an object was found, and the row may have dotted names instead. texts: of what is wanted of it."""
    begins = DUCKDB.literal('"' + step + ".")
    return f"(coalesce({', '.join(texts)}) IS NULL AND contains(l, {begins}))"


def present(each: Field, sql: str) -> str:
    """SQL for a field's text, null where the empty text stands for no value."""
    return f"nullif({sql}, '')" if each.empty_is_missing else sql


def no_text(text: str, path: str) -> str:
    """SQL for whether a number is where a text was found, and one whose text DuckDB and Python write otherwise, or that is none."""
    long = f"len({text}) > 16 AND regexp_full_match({text}, '-?[0-9]+\\.[0-9]+')"
    strange = f"{text} BETWEEN '-' AND ':' OR upper({text}[1]) IN ('N', 'I')"
    kind = f"json_type(l, {DUCKDB.literal(path)}) NOT IN ('VARCHAR', 'BOOLEAN')"
    return f"(({strange}) AND (regexp_full_match({text}, '{_OTHERWISE}') OR ({long})) AND {kind})"


def doubled(objects: Mapping[tuple[str, ...], Iterable[str]]) -> str:
    """SQL for whether one of these keys is twice in one of the objects at these paths. DuckDB takes the first, and the last holds."""
    keys = f"json_keys(l, [{', '.join(DUCKDB.literal(place(path)) for path in objects)}])"
    wanted = ", ".join(DUCKDB.literal(key) for key in dict.fromkeys(key for some in objects.values() for key in some))
    return f"len(list_filter({keys}, lambda k: {_twice('k', wanted)})) > 0"


def _twice(keys: str, wanted: str) -> str:
    found = f"list_filter({keys}, lambda w: w IN ({wanted}))"
    return f"len({found}) <> list_unique({found})"


def lists(paths: Iterable[tuple[str, ...]]) -> str:
    """SQL for whether a list is at one of the paths, where an object should be."""
    literals = ", ".join(DUCKDB.literal(place(path)) for path in paths)
    return f"(list_contains(json_keys(l, [{literals}]), []) AND list_contains(json_type(l, [{literals}]), 'ARRAY'))"


def objects(fields: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], list[str]]:
    """The objects on the way to places, each with the keys in it that lead there."""
    found: dict[tuple[str, ...], list[str]] = {}
    for steps in fields:
        for number, step in enumerate(steps):
            known = found.setdefault(steps[:number], [])
            if step not in known:
                known.append(step)
    return found


def many(each: Field, held: str) -> str:
    """The texts of a field in the JSON text of the first list on the way to it; an error where the list isn't shaped so."""
    first = each.arrays[0]
    path, checks = "$[*]", []
    for number, step in enumerate(each.steps[first:], first + 1):
        keys = f"json_keys({held}, {DUCKDB.literal(path)})"
        checks.append(f"len(list_filter({keys}, lambda k: {_twice('k', DUCKDB.literal(step))})) > 0")
        path += f'."{step}"'
        if number in each.arrays:
            kinds_here = f"list_filter(json_type({held}, {DUCKDB.literal(path)}), lambda k: k NOT IN ('ARRAY', 'NULL'))"
            checks.append(f"len({kinds_here}) > 0")
            path += "[*]"
        elif number < len(each.steps):
            kinds_here = f"list_filter(json_type({held}, {DUCKDB.literal(path)}), lambda k: k = 'ARRAY')"
            checks.append(f"len({kinds_here}) > 0")
    checks.append(f"len(list_filter(json_type({held}, {DUCKDB.literal(path)}), lambda k: k NOT IN ({_PLAIN}))) > 0")
    drop = "x IS NOT NULL AND x <> ''" if each.empty_is_missing else "x IS NOT NULL"
    texts = f"list_filter(json_extract_string({held}, {DUCKDB.literal(path)}), lambda x: {drop})"
    return f"CASE WHEN {' OR '.join(checks)} THEN error('shape') ELSE {texts} END"


def bag(column: SqlColumn | None) -> str:
    """SQL for the list of a column's texts; null for no column."""
    if column is None:
        return "NULL"
    return column.sql if column.many else f"CASE WHEN {column.sql} IS NULL THEN [] ELSE [{column.sql}] END"


def scanned(profile: str) -> int:
    """The rows that the scan at the bottom of a query gave, from DuckDB's profile of it."""
    node = orjson.loads(profile)["operator"][0]
    while node.get("children"):
        node = node["children"][0]
    return int(node["intermediate_rows"])

"""A pipeline of text to commands. What isn't known here is refused by name and offset."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from casetrail.engines.spl_model.cursor import Cursor, boolean, whole
from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.nodes import (
    AddInfo,
    Bin,
    Command,
    Dedup,
    Eval,
    Fields,
    FillNull,
    Head,
    LookUp,
    MakeMv,
    MvCombine,
    MvExpand,
    Rename,
    SearchCommand,
    Sort,
    SortKey,
    TableCommand,
    WhereCommand,
)
from casetrail.engines.spl_model.parse_eval import parse_assignments, parse_where
from casetrail.engines.spl_model.parse_search import parse_search
from casetrail.engines.spl_model.parse_stats import parse_stats
from casetrail.engines.spl_model.tokens import Stage, Token, TokenKind, expand, expression, stages, words

_COMMAND = re.compile(r"\s*([A-Za-z_]+)(?=\s|$)")
_SPAN = re.compile(r"([1-9][0-9]*)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse(text: str, macros: Mapping[str, str]) -> tuple[Command, ...]:
    """The commands of a search; the first is its base search, with or without the word `search`."""
    found = stages(expand(text, macros))
    return (_base(found[0]), *(_command(stage) for stage in found[1:]))


def _base(stage: Stage) -> SearchCommand:
    name = _COMMAND.match(stage.text, stage.start, stage.end)
    if name and name[1] == "search":
        stage = Stage(stage.text, name.end(), stage.end)
    return SearchCommand(parse_search(words(stage), base=True))


def _command(stage: Stage) -> Command:
    name = _COMMAND.match(stage.text, stage.start, stage.end)
    at = stage.start + (len(stage.text[stage.start : stage.end]) - len(stage.text[stage.start : stage.end].lstrip()))
    if name is None:
        raise SplError("no command", at)
    rest = Stage(stage.text, name.end(), stage.end)
    match name[1]:
        case "search":
            return SearchCommand(parse_search(words(rest), base=False))
        case "where":
            return WhereCommand(parse_where(expression(rest)), at)
        case "eval":
            return Eval(parse_assignments(expression(rest)), at)
        case "stats" | "eventstats" | "streamstats" as kind:
            return parse_stats(kind, rest, at)
        case other if other in _ARGUMENTS:
            cursor = Cursor(words(rest))
            command = _ARGUMENTS[other](cursor)
            cursor.end()
            return command
        case other:
            raise SplError(f"the command {other!r} isn't modelled", at)


def _fields(cursor: Cursor) -> Fields:
    keep = not cursor.take("-")
    if keep:
        cursor.take("+")
    if cursor.now.text[:1] in ("-", "+"):
        raise UnspecifiedError("a sign of fields without a space behind it", cursor.now.at)
    return Fields(keep, cursor.names(wildcard=True))


def _table(cursor: Cursor) -> TableCommand:
    return TableCommand(cursor.names(wildcard=True))


def _rename(cursor: Cursor) -> Rename:
    pairs: list[tuple[str, str]] = []
    while True:
        old = cursor.name()
        if not cursor.keyword("AS"):
            raise cursor.refuse("expected AS")
        pairs.append((old, cursor.name()))
        if cursor.done:
            break
        cursor.take(",")
    if len({old for old, _ in pairs}) != len(pairs) or {old for old, _ in pairs} & {new for _, new in pairs}:
        raise UnspecifiedError("a rename of one field twice, or to a field that is renamed too", cursor.now.at)
    if len({new for _, new in pairs}) != len(pairs):
        raise UnspecifiedError("a rename of two fields to one", cursor.now.at)
    return Rename(tuple(pairs))


def _sort(cursor: Cursor) -> Sort:
    limit = None
    if cursor.now.text.isdigit() and not cursor.ahead(1).says(","):
        limit = whole(cursor.next())
    elif cursor.at_option():
        key, value = cursor.option()
        if key.text != "limit":
            raise SplError(f"the option {key.text!r} of sort isn't modelled", key.at)
        limit = whole(value)
    keys = [_sort_key(cursor)]
    while not cursor.done:
        if cursor.now.says("d", "desc"):
            raise SplError("desc in sort isn't modelled; write -field", cursor.now.at)
        cursor.take(",")
        keys.append(_sort_key(cursor))
    return Sort(limit, tuple(keys))


def _sort_key(cursor: Cursor) -> SortKey:
    token = cursor.next()
    sign = token.text[:1] if token.kind is TokenKind.WORD and token.text[:1] in ("-", "+") else ""
    name = token.text[len(sign) :]
    if token.kind is TokenKind.WORD and sign and not name and cursor.now.kind is TokenKind.STRING and not cursor.now.spaced:
        name = cursor.name()
    elif not name:
        raise UnspecifiedError("a sort sign apart from its field", token.at)
    elif token.kind not in (TokenKind.WORD, TokenKind.STRING) or "*" in name:
        raise SplError(f"expected a field to sort by, found {token.text!r}", token.at)
    how = "auto"
    if token.kind is TokenKind.WORD and cursor.now.says("("):
        if name not in ("auto", "num", "str"):
            raise SplError(f"the sort order {name!r} isn't modelled", token.at)
        cursor.next()
        how, name = name, cursor.name()
        cursor.need(")")
    return SortKey(name, sign == "-", how)


def _head(cursor: Cursor) -> Head:
    if cursor.done:
        return Head(10)
    if cursor.at_option():
        key, value = cursor.option()
        if key.text != "limit":
            raise SplError(f"the option {key.text!r} of head isn't modelled", key.at)
    else:
        value = cursor.next()
    if whole(value) == 0:
        raise UnspecifiedError("head 0", value.at)
    return Head(whole(value))


def _dedup(cursor: Cursor) -> Dedup:
    count, keep = 1, False
    if cursor.now.text.isdigit():
        count = whole(cursor.next())
        if count == 0:
            raise SplError("dedup 0", cursor.now.at)
    fields = cursor.names("sortby")
    while cursor.at_option():
        key, value = cursor.option()
        if key.text != "keepempty":
            raise SplError(f"the option {key.text!r} of dedup isn't modelled", key.at)
        keep = boolean(key, value)
    return Dedup(count, fields, keep)


def _mvexpand(cursor: Cursor) -> MvExpand:
    field, limit = cursor.name(), 0
    if field.startswith("_"):
        raise SplError(f"mvexpand of the internal field {field}", cursor.now.at)
    if not cursor.done:
        key, value = cursor.option()
        if key.text != "limit":
            raise SplError(f"the option {key.text!r} of mvexpand isn't modelled", key.at)
        limit = whole(value)
    return MvExpand(field, limit)


def _makemv(cursor: Cursor) -> MakeMv:
    delimiter, allow = " ", False
    while cursor.at_option():
        key, value = cursor.option()
        match key.text:
            case "delim" if value.text:
                delimiter = value.text
            case "allowempty":
                allow = boolean(key, value)
            case _:
                raise SplError(f"the option {key.text!r} of makemv isn't modelled", key.at)
    return MakeMv(cursor.name(), delimiter, allow)


def _mvcombine(cursor: Cursor) -> MvCombine:
    if cursor.at_option():
        raise SplError(f"the option {cursor.now.text!r} of mvcombine isn't modelled", cursor.now.at)
    return MvCombine(cursor.name())


def _lookup(cursor: Cursor) -> LookUp:
    at = cursor.now.at
    if cursor.at_option():
        raise SplError(f"the option {cursor.now.text!r} of lookup isn't modelled", at)
    table = cursor.name()
    inputs = _pairs(cursor, "OUTPUT", "OUTPUTNEW")
    if cursor.done:
        return LookUp(table, inputs, None, False, at)
    only_new = cursor.next().text == "OUTPUTNEW"
    return LookUp(table, inputs, _pairs(cursor), only_new, at)


def _pairs(cursor: Cursor, *stop: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    while not cursor.done and not cursor.now.says(*stop):
        if found:
            cursor.take(",")
        theirs = ours = cursor.name()
        if cursor.keyword("AS"):
            ours = cursor.name()
        found.append((theirs, ours))
    if not found:
        raise cursor.refuse("expected a field")
    return tuple(found)


def _bin(cursor: Cursor) -> Bin:
    span: Token | None = None
    field, name = None, None
    while not cursor.done:
        if cursor.at_option():
            key, value = cursor.option()
            if key.text != "span":
                raise SplError(f"the option {key.text!r} of bin isn't modelled", key.at)
            span = value
        elif field is None:
            field = name = cursor.name()
            if cursor.keyword("AS"):
                name = cursor.name()
        else:
            raise cursor.refuse("expected the end")
    found = _SPAN.fullmatch(span.text) if span else None
    if field != "_time" or name is None or found is None:
        raise SplError("bin is modelled on _time with span= in s, m, h or d alone", cursor.now.at)
    return Bin(int(found[1]) * _SECONDS[found[2]], name)


def _fillnull(cursor: Cursor) -> FillNull:
    value = "0"
    if cursor.at_option():
        key, token = cursor.option()
        if key.text != "value":
            raise SplError(f"the option {key.text!r} of fillnull isn't modelled", key.at)
        value = token.text
    return FillNull(value, () if cursor.done else cursor.names())


def _addinfo(cursor: Cursor) -> AddInfo:
    if not cursor.done:
        raise cursor.refuse("addinfo takes no arguments; expected the end")
    return AddInfo()


_ARGUMENTS: Mapping[str, Callable[[Cursor], Command]] = {
    "fields": _fields,
    "table": _table,
    "rename": _rename,
    "sort": _sort,
    "head": _head,
    "dedup": _dedup,
    "mvexpand": _mvexpand,
    "makemv": _makemv,
    "mvcombine": _mvcombine,
    "lookup": _lookup,
    "bin": _bin,
    "bucket": _bin,
    "fillnull": _fillnull,
    "addinfo": _addinfo,
}

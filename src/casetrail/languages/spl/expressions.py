r"""SPL, Splunk's search language: expressions of `eval` and `where` over the fields of a store.

`search` compares text without regard to case, has no escape for `*`, and can't tell the values of a list apart, so it only
narrows; `where` decides. There a missing field makes a comparison null, which is no truth value: a bare comparison stands only in
a conjunction at the top, where null and false are one, and everywhere else `if(…,1,0)` makes two values of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from casetrail.languages.base import Expressions
from casetrail.languages.spl import regex as spl_regex
from casetrail.languages.spl.lookups import LIVE, look_up
from casetrail.languages.spl.values import BOOLEAN, INTEGER, canonical_integer, in_network, numeric, whole
from casetrail.plan.nodes import (
    And,
    Compare,
    Equals,
    Exists,
    Expr,
    Field,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    Like,
    Listed,
    ListedPart,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Overlap,
    Part,
    SameAs,
    Type,
    Wildcard,
)
from casetrail.plan.regex import finds
from casetrail.stores.places import place_of
from casetrail.stores.store import Store, StoredField
from casetrail.stores.unsupported import UnsupportedError

TIME = "_time"
_OPS = {Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">=", Op.EQ: "=", Op.NEQ: "!="}
_PLAIN = re.compile(r"[^\W_][\w -]*|[\w .,:;@#%&=<>/'!~*?|(){}\[\]^+-]+")
_NUMERIC = re.compile(r"\s*[-+]?(\.?\d|inf|nan).*", re.IGNORECASE | re.DOTALL)
_NULL = "null"
_LARGEST = 2**53
"""From here on a double doesn't hold every whole number."""
_DAY = (
    "utc_day=floor(_time/86400)+719468",
    "utc_era=floor(utc_day/146097)",
    "utc_doe=utc_day-utc_era*146097",
    "utc_yoe=floor((utc_doe-floor(utc_doe/1460)+floor(utc_doe/36524)-floor(utc_doe/146096))/365)",
    "utc_doy=utc_doe-(365*utc_yoe+floor(utc_yoe/4)-floor(utc_yoe/100))",
    "utc_mp=floor((5*utc_doy+2)/153)",
)
"""The day of an era of 400 years that begins in March, and so of its year: the usual arithmetic of the Gregorian calendar."""
_WEEK = (
    "utc_days=floor(_time/86400)",
    "utc_thursday=utc_days-(utc_days+3)%7+3",
    "utc_near=floor((utc_thursday*400+200)/146097)+1970",
    "utc_first=(utc_near-1970)*365+floor((utc_near-1969)/4)-floor((utc_near-1901)/100)+floor((utc_near-1601)/400)",
    "utc_first=if(utc_first>utc_thursday,utc_first-365-if(utc_near%4=1 AND (utc_near%100!=1 OR utc_near%400=1),1,0),utc_first)",
)
_PARTS = {
    Part.MINUTE: ((), "floor(_time/60)%60"),
    Part.HOUR: ((), "floor(_time/3600)%24"),
    Part.DAY: (_DAY, "utc_doy-floor((153*utc_mp+2)/5)+1"),
    Part.WEEK: (_WEEK, "floor((utc_thursday-utc_first)/7)+1"),
    Part.MONTH: (_DAY, "if(utc_mp<10,utc_mp+3,utc_mp-9)"),
    Part.YEAR: (_DAY, "utc_yoe+utc_era*400+if(utc_mp<10,0,1)"),
}
"""In UTC, whatever the time zone of whoever runs the search, which is what strftime writes in."""


def operator(op: Op) -> str:
    return _OPS[op]


def name(path: str) -> str:
    """A field's name in an expression. Raises UnsupportedError for one that can't be quoted."""
    if set(path) & set("'\"\\`") or not path.isprintable():
        raise UnsupportedError(f"{path}: SPL can't name such a field")
    return path if re.fullmatch(r"[A-Za-z_]\w*", path, re.ASCII) else f"'{path}'"


def search_name(path: str) -> str:
    """A field's name in `search`, `table` and their kin."""
    name(path)
    return path if re.fullmatch(r"[A-Za-z_][\w.{}]*", path, re.ASCII) else f'"{path}"'


def same_text(text: str, value: str) -> str:
    """That an expression of text is this value, as text: `=` compares what looks like numbers as numbers."""
    if not value or (_PLAIN.fullmatch(value) and not _NUMERIC.fullmatch(value)):
        return f'{text}="{value}"'
    return f'match({text},"^{spl_regex.quoted(value)}{spl_regex.END}")'


def number(value: float) -> str:
    return repr(value) if value >= 0 else f"({value!r})"


@dataclass(frozen=True, slots=True)
class SplColumn:
    """A field of a store: its name in an expression, and how Splunk has it."""

    sql: str
    stored: StoredField


@dataclass(eq=False)
class SplExpressions(Expressions[SplColumn]):
    """Expressions over one store.

    before: the commands that fill what the expressions read besides the fields, in order, as they are written.
    """

    store: Store
    options: Mapping[str, str] = field(default_factory=dict)
    before: dict[str, None] = field(default_factory=dict)

    ALWAYS = "1=1"
    NEVER = "1=0"

    def column(self, field: Field) -> SplColumn:
        stored = place_of(field, self.store)
        if stored.type == "parameter":
            self.parameter(stored)
        if stored.derive:
            self.before[f"eval {name(stored.name)}={stored.derive}"] = None
        return SplColumn(name(stored.name), stored)

    def parameter(self, stored: StoredField) -> None:
        """A named value of a list of them, which `name` and `value` lists can't pair: an item may have no value."""
        listed = name(stored.root.rpartition(".")[2].rstrip("{}"))
        here = name(stored.name)
        item = rf"(?i)\"name\":\s*\"{spl_regex.quoted(stored.name)}\""
        kinds = ",".join(f'spath({here},"{kind}")' for kind in ("value", "intValue", "boolValue", "multiValue{}"))
        self.before[f'eval {listed}=spath(_raw,"{stored.root}")'] = None
        self.before[f'eval {here}=mvindex(mvfilter(match({listed},"{item}")),0)'] = None
        self.before[f"eval {here}=coalesce({kinds})"] = None

    def where(self, expr: Expr) -> str:
        """The expression for `where`, which takes null for false."""
        if isinstance(expr, And) and expr.args:
            return " AND ".join(map(self.conjunct, expr.args))
        return self.conjunct(expr)

    def conjunct(self, expr: Expr) -> str:
        match expr:
            case Is(field=field) if not field.many and not isinstance(expr.check, IsMissing):
                return self.predicate(expr)
            case And() if expr.args:
                return self.where(expr)
            case And() | Or() | Not() | Is():
                return self.operand(expr)
            case never:
                assert_never(never)

    def expression(self, expr: Expr) -> str:
        match expr:
            case Not(arg=Is() as test):
                return self.two_valued(test, holds=False)
            case Not(arg=Not(arg=arg)):
                return self.expression(arg)
            case And() | Or() | Not() | Is():
                return super().expression(expr)
            case never:
                assert_never(never)

    def operand(self, expr: Expr) -> str:
        text = super().operand(expr)
        bare = isinstance(expr, Not) and isinstance(expr.arg, Is)
        return text[1:-1] if bare else text

    def test(self, test: Is) -> str:
        return self.two_valued(test, holds=True)

    def two_valued(self, test: Is, *, holds: bool) -> str:
        if isinstance(test.check, IsMissing):
            return self.two_valued(Is(test.field, Exists()), holds=not holds)
        if test.field.many and not isinstance(test.check, SameAs):
            each = self.predicate(test)
            if each == self.NEVER:
                return each if holds else self.ALWAYS
            # What becomes of a value for which the condition of mvfilter is null isn't documented.
            each = f"if({each},1,0)=1" if "null()" in each else each
            return f"coalesce(mvcount(mvfilter({each})),0){'>0' if holds else '=0'}"
        return f"if({self.predicate(test)},1,0)={'1' if holds else '0'}"

    def predicate(self, test: Is) -> str:
        """The test of one value, null or false where there is none."""
        self.column(test.field)
        return super().test(test)

    def equals(self, column: SplColumn, field: Field, check: Equals) -> str:
        value = check.value
        match field.type:
            case Type.TEXT:
                if self.is_absent(column, field, str(value)):
                    return self.NEVER
                return same_text(self.text(column, field, check.cased), str(value))
            case Type.INTEGER:
                return f'match({column.sql},"{whole(int(value))}")'
            case Type.NUMBER:
                return f"{self.number(column, field)}={number(float(value))}"
            case Type.BOOLEAN:
                return f'lower({column.sql})="{str(value).lower()}"'
            case Type.ADDRESS if "." in str(value):
                return f'(lower({column.sql})="{value}" OR lower({column.sql})="::ffff:{value}")'
            case Type.ADDRESS:
                return in_network(column.sql, f"{value}/128")
        raise UnsupportedError(f"{field.path}: a time can't be compared so")

    def one_of(self, column: SplColumn, field: Field, check: OneOf) -> str:
        tests = [self.equals(column, field, Equals(value, check.cased)) for value in check.values]
        return f"({' OR '.join(f'({test})' if ' AND ' in test else test for test in tests)})"

    def listed(self, column: SplColumn, field: Field, check: Listed) -> str:
        if self.options.get("watchlists") != LIVE or field.many:
            return self.written_out(column, field, check)
        lines, found = look_up(column.sql, search_name(column.stored.name), field, check)
        self.before.update((line, None) for line in lines)
        present = self.present(column, field) if field.type is Type.TEXT else []
        return " AND ".join([f"isnotnull({found})", *present])

    def listed_part(self, column: SplColumn, field: Field, check: ListedPart) -> str:
        if self.options.get("watchlists") == LIVE and not field.many:
            lines, found = look_up(column.sql, search_name(column.stored.name), field, check)
            self.before.update((line, None) for line in lines)
            return " AND ".join([f"isnotnull({found})", *self.present(column, field)])
        around = [(Wildcard.MANY,) if wanted else () for wanted in (check.before, check.after)]
        likes = [Like((*around[0], value, *around[1]), check.cased) for value in check.values]
        tests = [self.like(column, field, like) for like in likes]
        return f"({' OR '.join(f'({test})' for test in tests)})" if tests else self.NEVER

    def written_out(self, column: SplColumn, field: Field, check: Listed) -> str:
        """The watchlist's values in the query."""
        networks = [str(value) for value in check.values if field.type is Type.ADDRESS and "/" in str(value)]
        values = tuple(value for value in check.values if str(value) not in networks)
        tests = [self.in_network(column, field, InNetwork(network)) for network in networks]
        tests = [f"({test})" for test in tests] + (
            [self.one_of(column, field, OneOf(values, check.cased))] if values else []
        )
        return f"({' OR '.join(tests)})" if len(tests) > 1 else tests[0] if tests else self.NEVER

    def text(self, column: SplColumn, field: Field, cased: bool) -> str:
        return column.sql if cased or field.exact or field.type is not Type.TEXT else f"lower({column.sql})"

    def is_absent(self, column: SplColumn, field: Field, value: str) -> bool:
        """Whether a text stands for no value. Raises UnsupportedError where Splunk has it for null as well."""
        if column.stored.type in ("json", "parameter") and value.lower() == _NULL:
            raise UnsupportedError(
                f"{field.path}: Splunk writes the null of JSON as the text null, so that one can't be asked for"
            )
        return field.empty_is_missing and not value

    def present(self, column: SplColumn, field: Field, unless: Callable[[str], bool] = lambda _: True) -> list[str]:
        """Tests that leave out the texts that stand for no value, where a test would let them through."""
        texts = [""] if field.empty_is_missing else []
        texts += [_NULL] if column.stored.type in ("json", "parameter") else []
        return [f'{column.sql}!="{text}"' for text in texts if unless(text)]

    def like(self, column: SplColumn, field: Field, check: Like) -> str:
        if not any(isinstance(part, Wildcard) for part in check.parts):
            return self.equals(column, field, Equals("".join(map(str, check.parts)), check.cased))
        pattern = spl_regex.like(check.parts)
        absent = self.present(column, field, lambda text: _like(check.parts, text))
        return " AND ".join([f'match({self.text(column, field, check.cased)},"{pattern}")', *absent])

    def matches(self, column: SplColumn, field: Field, check: Matches) -> str:
        absent = self.present(column, field, lambda text: finds(check, text))
        return " AND ".join([f'match({column.sql},"{spl_regex.pcre(check)}")', *absent])

    def in_network(self, column: SplColumn, field: Field, check: InNetwork) -> str:
        return in_network(column.sql, check.network)

    def compare(self, column: SplColumn, field: Field, check: Compare) -> str:
        if abs(check.value) >= _LARGEST:
            raise UnsupportedError(f"{field.path}: {check.value} is larger than Splunk's numbers are exact")
        return f"{self.number(column, field)}{_OPS[check.op]}{number(check.value)}"

    def number(self, column: SplColumn, field: Field) -> str:
        """The number that a text is; what is worked out is one."""
        return column.sql if column.stored.derive else numeric(column.sql, field.type)

    def in_part(self, column: SplColumn, field: Field, check: InPart) -> str:
        if column.stored.type != "event_time":
            raise UnsupportedError(f"{field.path}: in Splunk only the event's own time is a time, the rest is text")
        before, part = _PARTS[check.part]
        self.before.update((f"eval {line}", None) for line in before)
        return f"{part}{_OPS[check.op]}{check.value}"

    def same_as(self, column: SplColumn, field: Field, check: SameAs) -> str:
        other = self.column(check.other)
        if field.many or check.other.many:
            if check.overlap is not Overlap.EQUALS:
                raise UnsupportedError(f"{field.path}: SPL compares a list of values with another field only for equality")
            both = [f"mvdedup({self.forms(*each, check.cased)})" for each in ((column, field), (other, check.other))]
            return f"mvcount(mvdedup(mvappend({','.join(both)})))<mvcount({both[0]})+mvcount({both[1]})"
        one, two = (self.form(*each, check.cased) for each in ((column, field), (other, check.other)))
        match check.overlap:
            case Overlap.EQUALS:
                return f'"=".{one}="=".{two}'
            case Overlap.STARTSWITH:
                return _starts(one, two)
            case Overlap.ENDSWITH:
                return _ends(one, two)
            case Overlap.CONTAINS:
                longer = f"len({one})>len({two}) AND len({two})>0"
                inside = f"if({longer},mvcount(split({one},{two})),0)>1"
                return f"({_starts(one, two)} OR {_ends(one, two)} OR {inside})"
            case never:
                assert_never(never)

    def form(self, column: SplColumn, field: Field, cased: bool) -> str:
        """One value as text that is the same where the values are; null where there is none."""
        valid, text = self.reading(column, field, cased)
        return f"if({valid},{text},null())" if valid else text

    def forms(self, column: SplColumn, field: Field, cased: bool) -> str:
        """`form` of each value of a list."""
        valid, text = self.reading(column, field, cased)
        kept = f"mvfilter({valid})" if valid else column.sql
        return kept if text == column.sql else f"mvmap({kept},{text})"

    def reading(self, column: SplColumn, field: Field, cased: bool) -> tuple[str, str]:
        """When a text is a value of its field's type, and the text that all texts of that value have in common."""
        match field.type:
            case Type.TEXT:
                return " AND ".join(self.present(column, field)), self.text(column, field, cased)
            case Type.BOOLEAN:
                return f'match({column.sql},"{BOOLEAN}")', f"lower({column.sql})"
            case Type.INTEGER:
                return f'match({column.sql},"{INTEGER}")', canonical_integer(column.sql)
        raise UnsupportedError(f"{field.path}: SPL can't compare it with another field, since it is {field.type}")

    def is_missing(self, column: SplColumn, field: Field) -> str:
        raise NotImplementedError

    def exists(self, column: SplColumn, field: Field) -> str:
        return " AND ".join(self.present(column, field)) or f"isnotnull({column.sql})"


def _starts(one: str, two: str) -> str:
    return f'substr("=".{one},1,len("=".{two}))="=".{two}'


def _ends(one: str, two: str) -> str:
    return f'if(len({one})>=len({two}),substr({one}."=",0-len({two}."=")),null())={two}."="'


def _like(parts: tuple[str | Wildcard, ...], text: str) -> bool:
    marks = {Wildcard.MANY: ".*", Wildcard.ONE: "."}
    body = "".join(marks[part] if isinstance(part, Wildcard) else re.escape(part) for part in parts)
    return re.fullmatch(body, text, re.DOTALL) is not None

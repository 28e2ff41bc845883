"""stats, eventstats and streamstats: aggregates, AS, BY, options.

`eval(...)` inside an aggregate is an expression, all else is words; so the tokens of both grammars are at hand, and
the parser changes from one to the other by offset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from casetrail.engines.spl_model.cursor import Cursor, boolean, whole
from casetrail.engines.spl_model.errors import LimitError, SplError, UnspecifiedError
from casetrail.engines.spl_model.nodes import Aggregate, EvalExpr, Stats
from casetrail.engines.spl_model.parse_eval import parse_where
from casetrail.engines.spl_model.tokens import Stage, Token, TokenKind, expression, words

FUNCTIONS = {
    "count": "count",
    "c": "count",
    "dc": "dc",
    "distinct_count": "dc",
    "values": "values",
    "list": "list",
    "sum": "sum",
    "avg": "avg",
    "mean": "avg",
    "min": "min",
    "max": "max",
    "range": "range",
    "median": "median",
    "first": "first",
    "last": "last",
    "earliest": "earliest",
    "latest": "latest",
    "earliest_time": "earliest_time",
    "latest_time": "latest_time",
}
_STATS_ONLY = ("earliest_time", "latest_time")
_PERCENTILE = re.compile(r"(perc|p|exactperc)([0-9]+(?:\.[0-9]+)?)")
_EVAL = re.compile(r"(?<=\()\s*eval\(")
_MAX_WINDOW = 10_000


def parse_stats(kind: str, stage: Stage, at: int) -> Stats:
    """stage: the text behind the command's name."""
    return _Parser(kind, stage, Cursor(_words(stage)), at).parse()


def _words(stage: Stage) -> list[Token]:
    """The tokens, with the inside of each eval(...) as one token."""
    pieces: list[Token] = []
    at = stage.start
    while found := _EVAL.search(stage.text, at, stage.end):
        end = _end_of(stage, found.end())
        pieces += words(Stage(stage.text, at, found.start()))[:-1]
        pieces.append(Token(TokenKind.EVAL, stage.text[found.end() : end], found.end()))
        at = end + 1
    return pieces + words(Stage(stage.text, at, stage.end))


def _end_of(stage: Stage, at: int) -> int:
    """The offset of the parenthesis that closes the one before `at`."""
    depth, quoted = 1, False
    while at < stage.end:
        char = stage.text[at]
        if char == "\\" and quoted:
            at += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth == 0:
                return at
        at += 1
    raise SplError("an unbalanced eval(", at)


@dataclass
class _Parser:
    kind: str
    stage: Stage
    cursor: Cursor
    at: int

    def parse(self) -> Stats:
        options: dict[str, bool | int] = {}
        aggregates: list[Aggregate] = []
        by: tuple[str, ...] = ()
        while not self.cursor.done:
            if self.cursor.at_option():
                self.option(options)
            elif aggregates and self.cursor.keyword("BY"):
                if by:
                    raise self.cursor.refuse("a second BY clause")
                by = self.by()
            elif by:
                raise self.cursor.refuse("expected an option or the end")
            else:
                if aggregates:
                    self.cursor.take(",")
                aggregates.append(self.aggregate())
        if not aggregates:
            raise SplError(f"{self.kind} without an aggregate", self.at)
        names = [one.name for one in aggregates]
        if len(set(names) | set(by)) != len(names) + len(set(by)) or len(set(by)) != len(by):
            raise UnspecifiedError("one name for two columns", self.at)
        return Stats(self.kind, tuple(aggregates), by, self.at, **options)  # type: ignore[arg-type]

    def option(self, options: dict[str, bool | int]) -> None:
        key, value = self.cursor.option()
        names = {"current": "current", "global": "global_window", "reset_on_change": "reset_on_change"}
        if key.text == "allnum":
            options["all_numeric"] = boolean(key, value)
        elif self.kind != "streamstats":
            raise SplError(f"the option {key.text!r} of {self.kind} isn't modelled", key.at)
        elif key.text == "window":
            options["window"] = whole(value)
            if options["window"] > _MAX_WINDOW:
                raise LimitError(f"a window of more than {_MAX_WINDOW} events (maxresultrows)", value.at)
        elif key.text in names:
            options[names[key.text]] = boolean(key, value)
        elif key.text == "time_window":
            raise UnspecifiedError("whether the edge of time_window is closed", key.at)
        else:
            raise SplError(f"the option {key.text!r} of streamstats isn't modelled", key.at)

    def aggregate(self) -> Aggregate:
        token = self.cursor.next()
        function, percentile = FUNCTIONS.get(token.text), None
        if found := _PERCENTILE.fullmatch(token.text):
            function, percentile = "perc", Fraction(found[2])
        if token.kind is not TokenKind.WORD or function is None or (function in _STATS_ONLY and self.kind != "stats"):
            raise SplError(f"the function {token.text!r} of {self.kind} isn't modelled", token.at)
        if percentile is not None and not 0 < percentile < 100:
            raise UnspecifiedError(f"{token.text}()", token.at)
        arg, name = self.argument(token, function)
        if self.cursor.keyword("AS"):
            name = self.name()
        elif isinstance(arg, EvalExpr):
            raise SplError("eval() in an aggregate without AS", token.at)
        return Aggregate(function, percentile, arg, name, token.at)

    def argument(self, function: Token, meaning: str) -> tuple[str | EvalExpr | None, str]:
        if not self.cursor.take("("):
            if meaning != "count":
                raise SplError(f"{function.text} without a field", function.at)
            return None, function.text
        if self.cursor.now.kind is TokenKind.EVAL:
            token = self.cursor.next()
            inside = Stage(self.stage.text, token.at, token.at + len(token.text))
            inner: str | EvalExpr = parse_where(expression(inside))
        else:
            inner = self.name()
        self.cursor.need(")")
        return inner, f"{function.text}({inner})"

    def name(self) -> str:
        """A name; single quotes too, which the last example of "Aggregate functions: perc" uses in stats."""
        if self.cursor.now.kind is TokenKind.FIELD:
            return self.cursor.next().text
        return self.cursor.name()

    def by(self) -> tuple[str, ...]:
        found = [self.name()]
        while not self.cursor.done and not self.cursor.at_option():
            self.cursor.take(",")
            if self.cursor.now.says("BY", "by", "AS", "as"):
                raise self.cursor.refuse("expected a field to group by")
            found.append(self.name())
        return tuple(found)

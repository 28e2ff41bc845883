"""From Sigma to the plan: every modifier gets its meaning here, or is refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

import re2
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from casetrail.logs.contract import Contract
from casetrail.plan.nodes import (
    NEVER,
    And,
    Check,
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
    Op,
    Or,
    Overlap,
    Part,
    SameAs,
    Search,
    Type,
    Wildcard,
)
from casetrail.plan.regex import finds
from casetrail.plan.simplify import simplify
from casetrail.plan.values import fold, parse, parse_network, scalar_text
from casetrail.reading.suggest import suggestion
from casetrail.sigma.logsource import contract_of, source_key
from casetrail.sigma.problem import Problem, Refused
from casetrail.sigma.words import in_sigmas_words

_DOTTED = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"


@dataclass(frozen=True, slots=True)
class World:
    """What a rule's words refer to: the log sources' contracts by key, and the watchlists' values by name.

    listed: the types whose fields are compared with a watchlist as such (`Listed`); for others its values are written out.
    parts: whether a watchlist stays one where a part of a text is compared with it (`ListedPart`).
    """

    contracts: Mapping[str, Contract]
    watchlists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    listed: frozenset[Type] = frozenset({Type.TEXT})
    parts: bool = False


def lower_rule(rule: SigmaRule, world: World) -> tuple[Search | None, list[Problem]]:
    """The search that a Sigma rule means, or None, with every problem found on the way.

    An empty watchlist and a log that nobody defined leave the search standing.
    """
    key = source_key(rule)
    contract = contract_of(rule, world.contracts)
    if contract is None:
        return None, [Problem("no-contract", f"no log source definition for {key}", key.partition("/")[2])]
    reader = _DetectionReader(contract, world)
    try:
        conditions = [condition.parsed for condition in rule.detection.parsed_condition]
    except SigmaError as error:
        return None, [Problem("sigma", in_sigmas_words(error), "condition")]
    expressions = tuple(reader.expression(condition) for condition in conditions)
    if contract.open and not reader.fatal:
        reader.problems.append(_unchecked(contract, world))
    search = Search(str(rule.name or rule.id or rule.title), contract.key, simplify(Or(expressions)), reader.dotted)
    return (None if reader.fatal else search), list(dict.fromkeys(reader.problems))


def _unchecked(contract: Contract, world: World) -> Problem:
    defined = [known for known, other in world.contracts.items() if not other.open]
    near = suggestion(contract.key, defined)
    message = f"no log source definition for {contract.key}{near}: its fields are unchecked, as rules name them and text"
    return Problem("no-contract", message, contract.service.partition("/")[0])


def known_field(path: str, contract: Contract) -> tuple[Field, Problem | None]:
    """The field of a log by a name, and what is to be said of the name.

    Raises Refused when the log has none.
    """
    found = contract.fields.get(path)
    if found is not None:
        return found, None
    alias = contract.alias(path)
    if alias is not None:
        return contract.fields[alias.path], Problem("field-name", f"{path} is written {alias.path} in {contract.key}", path)
    near = contract.near(path)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise Refused("unknown-field", f"{path} is no field of {contract.key}{hint}", path)


class _DetectionReader:
    def __init__(self, contract: Contract, world: World) -> None:
        self.contract = contract
        self.world = world
        self.problems: list[Problem] = []
        self.fatal = False
        self.dotted = False

    def expression(self, node: object) -> Expr:
        match node:
            case ConditionAND():
                return And(tuple(map(self.expression, node.args)))
            case ConditionOR():
                return Or(tuple(map(self.expression, node.args)))
            case ConditionNOT():
                return Not(self.expression(node.args[0]))
            case ConditionFieldEqualsValueExpression():
                try:
                    known = self.field(node.field)
                    return self.test(known, self.value(node.field, node.value))
                except Refused as refused:
                    self.refuse(refused.problem, node.field)
            case ConditionValueExpression():
                self.refuse(
                    Problem(
                        "keywords", "a keyword search is not supported in a structured log; name the field", str(node.value)
                    )
                )
            case None:
                self.refuse(Problem("sigma", "the condition is empty", "condition"))
            case _:
                self.refuse(
                    Problem(
                        "sigma",
                        "the condition holds what has no meaning here: join names by and, or, not, and brackets",
                        "condition",
                    )
                )
        return NEVER

    def refuse(self, problem: Problem, subject: str = "") -> None:
        self.problems.append(replace(problem, subject=problem.subject or subject))
        self.fatal = True

    def field(self, path: str) -> Field:
        found, problem = known_field(path, self.contract)
        self.problems += [problem] if problem else []
        return found

    def value(self, path: str, value: SigmaType) -> SigmaType:
        """A value in the words of the field, where Sigma's taxonomy has others for it."""
        alias = None if path in self.contract.fields else self.contract.alias(path)
        match value:
            case SigmaExpansion() if alias:
                return SigmaExpansion([self.value(path, each) for each in value.values])
            case SigmaString() if alias and str(value) in alias.values:
                told = alias.values[str(value)]
                self.problems.append(Problem("field-name", f"{value} is written {told} in {alias.path}", str(value)))
                return type(value)(told)
            case _:
                return value

    def typed(self, known: Field, value: SigmaType) -> Field:
        """The field as a test takes it: of an open log nobody said more of it than the test does."""
        if not self.contract.open:
            return known
        match value:
            case SigmaCIDRExpression():
                return replace(known, type=Type.ADDRESS)
            case SigmaTimestampPart() | SigmaCompareExpression(number=SigmaTimestampPart()):
                return replace(known, type=Type.TIME, time_format="iso8601")
            case SigmaCompareExpression():
                return replace(known, type=Type.NUMBER)
            case _:
                return known

    def test(self, known: Field, value: SigmaType) -> Expr:
        known = self.typed(known, value)
        match value:
            case SigmaExpansion():
                return Or(tuple(self.test(known, each) for each in value.values))
            case SigmaNull():
                return Is(known, IsMissing())
            case SigmaString(s=()) if self.contract.open:
                return Is(known, IsMissing())
            case SigmaExists():
                return Is(known, Exists() if value.exists else IsMissing())
            case SigmaString() if (
                len(value.s) == 1 and isinstance(value.s[0], Placeholder) and known.type in self.world.listed
            ):
                return Is(known, self.listed(known, value, value.s[0].name))
            case SigmaString() if self.world.parts and is_part(value) and known.type is Type.TEXT and not known.many:
                return Is(known, self.listed_part(known, value))
            case SigmaString() if any(isinstance(part, Placeholder) for part in value.s):
                return Or(tuple(self.filled(known, each, value) for each in self.expand(value)))
            case SigmaFieldReference():
                other = self.field(value.field)
                if other.type is not known.type:
                    raise Refused(
                        "value-type",
                        f"{known.path} is {known.type} and {other.path} is {other.type}: they can't be compared",
                    )
                overlap = _overlap(value)
                if overlap is not Overlap.EQUALS and known.type is not Type.TEXT:
                    raise Refused("value-type", f"{known.path} is {known.type}: |{overlap} is not supported there")
                return Is(known, SameAs(other, overlap, known.exact or other.exact))
            case _:
                if isinstance(value, SigmaString):
                    self.look(known, value, map(str, value.s))
                return Is(known, self.check(known, value))

    def look(self, known: Field, value: SigmaString, texts: Iterable[str]) -> None:
        """See whether texts that are compared in either letter case hold İ."""
        uncased = known.type is Type.TEXT and not known.exact and not isinstance(value, SigmaCasedString)
        self.dotted |= uncased and any(_DOTTED in text for text in texts)

    def filled(self, known: Field, value: SigmaString, written: SigmaString) -> Expr:
        """The test of a value that watchlists filled in for the placeholders of another."""
        try:
            return self.test(known, value)
        except Refused as refused:
            if refused.problem.lint != "value-type" or len(value.s) != 1:
                raise
            raise _of_list(written, str(value.s[0]), refused) from refused

    def listed(self, known: Field, value: SigmaString, watchlist: str) -> Listed:
        cased = known.exact or isinstance(value, SigmaCasedString)
        texts = ["".join(map(str, each.s)) for each in self.expand(value)]
        if known.type is not Type.TEXT:
            checks = [self.one_of_list(known, value, text, cased=cased) for text in texts]
            values = [check.network if isinstance(check, InNetwork) else check.value for check in checks]
            return Listed(watchlist, tuple(dict.fromkeys(values)), cased)
        self.look(known, value, texts)
        return Listed(watchlist, tuple(dict.fromkeys(text if cased else fold(text) for text in texts)), cased)

    def one_of_list(self, known: Field, value: SigmaString, text: str, *, cased: bool) -> Equals | InNetwork:
        try:
            return _equals(known, text, cased=cased)
        except Refused as refused:
            raise _of_list(value, text, refused) from refused

    def listed_part(self, known: Field, value: SigmaString) -> ListedPart:
        cased = known.exact or isinstance(value, SigmaCasedString)
        before, after = (value.s[place] is SpecialChars.WILDCARD_MULTI for place in (0, -1))
        (placeholder,) = (part for part in value.s if isinstance(part, Placeholder))
        plain = type(value)()
        plain.s = [placeholder]
        texts = ["".join(map(str, each.s)) for each in self.expand(plain)]
        self.look(known, value, texts)
        return ListedPart(
            placeholder.name, tuple(dict.fromkeys(text if cased else fold(text) for text in texts)), before, after, cased
        )

    def expand(self, value: SigmaString) -> Iterable[SigmaString]:
        """One string for each value of the watchlist that the string's placeholder names."""
        names = [part.name for part in value.s if isinstance(part, Placeholder)]
        for name in names:
            if name not in self.world.watchlists:
                raise Refused("unknown-watchlist", f"no watchlist is named {name}", f"%{name}%")
            if not self.world.watchlists[name]:
                message = f"the watchlist {name} is empty: tests on it are never true"
                self.problems.append(Problem("empty-watchlist", message, f"%{name}%"))

        def fill(parts: tuple[object, ...]) -> Iterable[tuple[object, ...]]:
            if not parts:
                yield ()
                return
            head = self.world.watchlists[parts[0].name] if isinstance(parts[0], Placeholder) else (parts[0],)
            for rest in fill(parts[1:]):
                for one in head:
                    yield (one, *rest)

        for parts in fill(tuple(value.s)):
            filled = type(value)()
            filled.s = list(parts)  # type: ignore[arg-type]
            yield filled

    def check(self, known: Field, value: SigmaType) -> Check:
        match value:
            case SigmaCompareExpression():
                return _compare(known, value)
            case SigmaTimestampPart():
                return _part(known, value, Op.EQ)
            case SigmaRegularExpression():
                return _matches(known, value)
            case SigmaCIDRExpression():
                return _network(known, value.cidr)
            case SigmaString():
                return _text(known, value)
            case SigmaBool() | SigmaNumber():
                plain: bool | int | float = value.boolean if isinstance(value, SigmaBool) else value.number
                text = scalar_text(plain)
                if text is None:
                    raise Refused("sigma", "a number beyond the range of a double is no value of any event")
                return _equals(known, text, cased=False)
            case _:
                raise Refused("sigma", "a value of this kind has no meaning here: write a text or a number")


def _of_list(written: SigmaString, text: str, refused: Refused) -> Refused:
    """What is wrong with a value of a watchlist, as a fault of the list."""
    name = next(part.name for part in written.s if isinstance(part, Placeholder))
    return Refused("watchlist", refused.problem.message, f"%{name}%", text)


def is_part(value: SigmaString) -> bool:
    """Whether a string is a watchlist's value with any text before it, after it, or both."""
    kinds = [Placeholder if isinstance(part, Placeholder) else part for part in value.s]
    many = SpecialChars.WILDCARD_MULTI
    return kinds in ([many, Placeholder], [Placeholder, many], [many, Placeholder, many])


def _overlap(value: SigmaFieldReference) -> Overlap:
    if value.starts_with and value.ends_with:
        return Overlap.CONTAINS
    if value.starts_with:
        return Overlap.STARTSWITH
    return Overlap.ENDSWITH if value.ends_with else Overlap.EQUALS


def _equals(known: Field, text: str, *, cased: bool) -> Equals | InNetwork:
    cased = cased or known.exact
    if known.type is Type.TIME:
        raise Refused(
            "value-type", f"{known.path} is a time: test a part of it, such as |hour, or correlate within a timespan", text
        )
    if known.type is Type.ADDRESS and "/" in text:
        return _network(known, text)
    value = parse(text, known, cased=cased)
    if value is None:
        raise Refused(
            "value-type", f"{text!r} is no {known.type}, the type of {known.path} in its log source definition", text
        )
    return Equals(value, cased and known.type is Type.TEXT)


def _text(known: Field, value: SigmaString) -> Check:
    cased = known.exact or isinstance(value, SigmaCasedString)
    parts: list[str | Wildcard] = []
    for part in value.s:
        match part:
            case SpecialChars.WILDCARD_MULTI:
                if parts[-1:] != [Wildcard.MANY]:
                    parts.append(Wildcard.MANY)
            case SpecialChars.WILDCARD_SINGLE:
                parts.append(Wildcard.ONE)
            case str() if parts and not isinstance(parts[-1], Wildcard):
                parts[-1] += part if cased else fold(part)
            case str():
                parts.append(part if cased else fold(part))
            case Placeholder():
                raise Refused("unknown-watchlist", f"the watchlist {part.name} can't be read here", f"%{part.name}%")
            case never:
                assert_never(never)
    if not any(isinstance(part, Wildcard) for part in parts):
        return _equals(known, "".join(str(part) for part in value.s), cased=cased)
    if all(part is Wildcard.MANY for part in parts):
        raise Refused(
            "matches-everything", f"the value matches whatever {known.path} holds; write |exists: true", str(value)
        )
    if known.type is not Type.TEXT:
        hint = "; write the network with |cidr" if known.type is Type.ADDRESS else ""
        raise Refused("value-type", f"{known.path} is {known.type}: wildcards are not supported there{hint}")
    return Like(tuple(parts), cased)


def _matches(known: Field, value: SigmaRegularExpression) -> Matches:
    if known.type is not Type.TEXT:
        raise Refused("value-type", f"{known.path} is {known.type}: a regular expression is not supported there")
    pattern = str(value.regexp)
    if any(isinstance(part, Placeholder) for part in value.regexp.s):
        raise Refused("regex", "a watchlist can't fill a regular expression", pattern)
    flags = value.flags
    found = Matches(
        pattern,
        ignore_case=SigmaRegularExpressionFlag.IGNORECASE in flags,
        multiline=SigmaRegularExpressionFlag.MULTILINE in flags,
        dotall=SigmaRegularExpressionFlag.DOTALL in flags,
    )
    try:
        finds(found, "")
    except re2.error as error:
        raise Refused("regex", f"{pattern!r} is no RE2 expression: {error}", pattern) from error
    return found


def _network(known: Field, text: str) -> InNetwork:
    if known.type is not Type.ADDRESS:
        raise Refused("value-type", f"{known.path} is {known.type}, not an address: |cidr is not supported there", text)
    try:
        return InNetwork(parse_network(text))
    except ValueError as error:
        raise Refused("value-type", f"{text!r} {error}", text) from error


def _compare(known: Field, value: SigmaCompareExpression) -> Check:
    op = Op(value.op.name.lower())
    if isinstance(value.number, SigmaTimestampPart):
        return _part(known, value.number, op)
    if known.type not in (Type.INTEGER, Type.NUMBER):
        raise Refused("value-type", f"{known.path} is {known.type}: |{op} compares numbers", str(value.number))
    return Compare(op, value.number.number)


def _part(known: Field, value: SigmaTimestampPart, op: Op) -> InPart:
    if known.type is not Type.TIME:
        raise Refused("value-type", f"{known.path} is {known.type}, not a time", str(value.number))
    return InPart(Part(value.timestamp_part.name.lower()), op, int(value.number))

"""Random plans and random logs over the test log source, with small alphabets so that things collide."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.logs.event import Event
from casetrail.plan.nodes import (
    AllOf,
    And,
    AnyOf,
    Check,
    Compare,
    Correlation,
    Equals,
    Exists,
    Expr,
    Field,
    Figure,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    KeyPart,
    Like,
    Listed,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Order,
    Overlap,
    Part,
    Plan,
    Present,
    SameAs,
    Search,
    Threshold,
    Together,
    Type,
    Wildcard,
    Without,
)
from casetrail.plan.simplify import simplify
from casetrail.plan.values import fold
from tests.worlds import CONTRACT, START, event

F = CONTRACT.fields
TEXTS = (
    "",
    "a",
    "A",
    "ab",
    "aB",
    "b",
    "äé",
    "ÄÉ",
    "ß",
    "a*b",
    "*",
    "?",
    "a?b",
    "a%b",
    "a_b",
    "a\\b",
    "'",
    '"',
    "a\nb",
    "true",
    "42",
    "-",
)
NETWORKS = ("192.0.2.0/24", "192.0.2.4/30", "2001:db8::/32", "0.0.0.0/0", "::/0", "192.0.2.5/32")
ADDRESSES = ("192.0.2.5", "192.0.2.4", "198.51.100.1", "2001:db8::1", "::ffff:192.0.2.5")
PATTERNS = (
    "a",
    "^a",
    "b$",
    "A.b",
    "[^a]",
    "a|b",
    "^(a|ab)$",
    r"\d+",
    "a{1,2}b?",
    r"\\",
    "^$",
    "(?i)AB",
    "é",
    "a.*b",
    r"b?\*$",
    r"^\?*",
)
SPAN = 60_000_000
_TEXT_FIELDS = ("user", "other", "code", "tags", "items.name", "blank")
_OPS = st.sampled_from([Op.LT, Op.LTE, Op.GT, Op.GTE])
ALL_OPS = st.sampled_from(list(Op))


def _folded(text: str, cased: bool) -> str:
    return text if cased else fold(text)


@st.composite
def _text_checks(draw: st.DrawFn, field: Field) -> Check:
    cased = field.exact or draw(st.booleans())
    texts = st.sampled_from(TEXTS).map(lambda text: _folded(text, cased))
    kind = draw(st.sampled_from(["equals", "one_of", "listed", "like", "matches", "same", "missing", "exists"]))
    match kind:
        case "equals":
            return Equals(draw(texts), cased)
        case "one_of":
            return OneOf(tuple(draw(st.lists(texts, min_size=2, max_size=3, unique=True))), cased)
        case "listed":
            return Listed("list", tuple(draw(st.lists(texts, max_size=3, unique=True))), cased)
        case "like":
            marks = st.sampled_from([Wildcard.MANY, Wildcard.ONE])
            parts = draw(st.lists(st.one_of(marks, texts.filter(bool)), min_size=1, max_size=4))
            return Like(_joined([*parts, draw(marks)] if draw(st.booleans()) else [draw(marks), *parts]), cased)
        case "matches":
            flags = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
            return Matches(draw(st.sampled_from(PATTERNS)), *flags)
        case "same":
            other = F[draw(st.sampled_from(_TEXT_FIELDS))]
            return SameAs(other, draw(st.sampled_from(list(Overlap))), cased or other.exact)
        case "missing":
            return IsMissing()
    return Exists()


def _joined(parts: list[str | Wildcard]) -> tuple[str | Wildcard, ...]:
    found: list[str | Wildcard] = []
    for part in parts:
        if found and isinstance(part, Wildcard) and part is Wildcard.MANY is found[-1]:
            continue
        if found and not isinstance(part, Wildcard) and not isinstance(found[-1], Wildcard):
            found[-1] += part
        else:
            found.append(part)
    return tuple(found)


def checks(field: Field) -> st.SearchStrategy[Check]:
    """Checks that have a meaning on a field."""
    common: list[st.SearchStrategy[Check]] = [st.just(IsMissing()), st.just(Exists())]
    match field.type:
        case Type.TEXT:
            return _text_checks(field)
        case Type.INTEGER:
            numbers = st.integers(-2, 3)
            return st.one_of(
                *common,
                st.builds(Equals, numbers),
                st.builds(Compare, _OPS, st.sampled_from([-1, 0, 1, 1.5, 2])),
                st.lists(numbers, min_size=2, max_size=3, unique=True).map(lambda values: OneOf(tuple(values))),
            )
        case Type.NUMBER:
            numbers_or = st.sampled_from([0.0, 1.0, 1.5, -2.5, 1000.0])
            return st.one_of(*common, st.builds(Equals, numbers_or), st.builds(Compare, _OPS, numbers_or))
        case Type.BOOLEAN:
            return st.one_of(*common, st.builds(Equals, st.booleans()))
        case Type.ADDRESS:
            return st.one_of(
                *common,
                st.builds(Equals, st.sampled_from(ADDRESSES[:4])),
                st.builds(InNetwork, st.sampled_from(NETWORKS)),
            )
        case Type.TIME:
            return st.builds(InPart, st.sampled_from(list(Part)), ALL_OPS, st.sampled_from([0, 1, 3, 9, 15, 2026]))


def tests() -> st.SearchStrategy[Expr]:
    fields = [field for field in F.values() if field.path != "id"]
    return st.sampled_from(fields).flatmap(lambda field: st.builds(Is, st.just(field), checks(field)))


def expressions() -> st.SearchStrategy[Expr]:
    def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        several = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))

    return st.recursive(tests(), larger, max_leaves=5).map(simplify)


def searches(name: str) -> st.SearchStrategy[Search]:
    return st.builds(Search, st.just(name), st.just(CONTRACT.key), expressions())


def _kinds(name: str) -> st.SearchStrategy[Search]:
    """Searches that match often, so that correlations have steps."""
    kinds = st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True).map(tuple)
    return kinds.map(
        lambda found: Search(
            name, CONTRACT.key, simplify(Or(tuple(Is(F["kind"], Equals(kind, cased=True)) for kind in found)))
        )
    )


_KEYS = {
    "user": Type.TEXT,
    "code": Type.TEXT,
    "tags": Type.TEXT,
    "n": Type.INTEGER,
    "ip": Type.ADDRESS,
    "flag": Type.BOOLEAN,
}


@st.composite
def correlations(draw: st.DrawFn, depth: int = 1, name: str = "c") -> Correlation:
    """Correlations of every kind over up to three bases, one of which may be a correlation."""
    size = draw(st.integers(1, 3))
    paths = draw(st.lists(st.sampled_from(list(_KEYS)), max_size=2, unique=True))
    bases: list[Plan] = [draw(_kinds(f"{name}{number}")) for number in range(size)]
    if depth and draw(st.booleans()):
        inner = draw(correlations(depth=0, name=f"{name}i"))
        names = {part.name for part in inner.key}
        paths = [path for path in paths if path in names]
        bases[draw(st.integers(0, size - 1))] = inner
    condition = draw(conditions(bases))
    key = tuple(part(path, bases) for path in paths)
    return Correlation(name, tuple(bases), key, draw(st.sampled_from([SPAN, 2 * SPAN])), condition)


def part(path: str, bases: list[Plan]) -> KeyPart:
    fields = tuple(None if isinstance(base, Correlation) else F[path] for base in bases)
    return KeyPart(path, fields, F[path].type, F[path].exact)


@st.composite
def conditions(draw: st.DrawFn, bases: list[Plan]) -> Threshold | Order | Together:
    numbers = list(range(len(bases)))
    kind = draw(st.sampled_from(["threshold", "order", "together"]))
    if kind == "order":
        marks = draw(st.lists(st.sampled_from(["before", "after"]), max_size=len(bases) - 1))
        before = tuple(numbers[: marks.count("before")])
        after = tuple(numbers[len(numbers) - marks.count("after") :])
        return Order(tuple(number for number in numbers if number not in (*before, *after)), before, after)
    if kind == "together":
        steps: st.SearchStrategy[Together] = st.sampled_from(numbers).map(Present)
        return draw(
            st.recursive(
                steps,
                lambda inner: st.one_of(
                    st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
                    st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
                    st.builds(Without, inner),
                ),
                max_leaves=4,
            )
        )
    plain = not any(isinstance(base, Correlation) for base in bases)
    figure = draw(st.sampled_from(list(Figure) if plain else [Figure.EVENTS]))
    count = draw(st.integers(0, 4))
    if figure is Figure.EVENTS:
        return Threshold(figure, draw(ALL_OPS), count)
    path = draw(st.sampled_from(["user", "tags", "n", "ip"] if figure is Figure.DISTINCT else ["n", "items.n"]))
    percentile = draw(st.integers(0, 100)) if figure is Figure.PERCENTILE else None
    return Threshold(figure, draw(ALL_OPS), count, part(path, bases), percentile)


_SCALARS = st.one_of(
    st.sampled_from(TEXTS),
    st.integers(-2, 3),
    st.booleans(),
    st.none(),
    st.sampled_from([1.5, 1.0]),
    st.sampled_from(ADDRESSES),
)
_JUNK: st.SearchStrategy[Any] = st.one_of(_SCALARS, st.lists(_SCALARS, max_size=2), st.just({"deep": "a"}), st.just({}))


@cache
def _values(path: str) -> st.SearchStrategy[Any]:
    match F[path].type:
        case Type.INTEGER:
            likely: st.SearchStrategy[Any] = st.sampled_from([0, 1, 2, "1", "2.0", 1.5, "junk", True])
        case Type.NUMBER:
            likely = st.sampled_from([1, 1.5, "1.5", "1e3", -2.5, "nan"])
        case Type.BOOLEAN:
            likely = st.sampled_from([True, False, "true", "FALSE", 1])
        case Type.ADDRESS:
            likely = st.sampled_from([*ADDRESSES, "2001:DB8:0::1", "Salesforce.com IP"])
        case _:
            likely = st.sampled_from(TEXTS)
    return st.one_of(likely, likely, likely, _JUNK)


@cache
def rows() -> st.SearchStrategy[dict[str, Any]]:
    """Rows of the test log, some fields missing, some of a shape that the contract doesn't know."""
    items = st.fixed_dictionaries({}, optional={"name": _values("items.name"), "n": _values("items.n")})
    lists = {
        "tags": st.one_of(st.lists(st.sampled_from(TEXTS), max_size=3), _JUNK),
        "items": st.one_of(st.lists(items, max_size=3), items, _JUNK),
    }
    single = {path: _values(path) for path in ("user", "other", "code", "n", "f", "flag", "ip", "blank")}
    return st.fixed_dictionaries({"kind": st.sampled_from("aabbc")}, optional={**single, **lists})


OFFSETS = (0, 1, 1000, SPAN // 1000 - 1, SPAN // 1000, SPAN // 1000 + 1, 2 * SPAN // 1000, 2 * SPAN // 1000 + 1, 90_000)
_TIMES = st.sampled_from(OFFSETS)


@st.composite
def logs(draw: st.DrawFn, most: int = 8) -> tuple[Event, ...]:
    """Events with times (whole milliseconds) that are equal or a timespan apart, some rows doubled, in any order."""
    made = []
    for number, row in enumerate(draw(st.lists(rows(), min_size=1, max_size=most))):
        offset = draw(_TIMES)
        made.append(event(f"e{number}", offset / 1000, **row))
    doubled = draw(st.lists(st.sampled_from(made), max_size=2))
    return tuple(draw(st.permutations([*made, *doubled])))


def trials() -> st.SearchStrategy[Trial]:
    plans: st.SearchStrategy[Plan] = st.one_of(searches("s"), correlations())
    until = st.one_of(st.none(), st.sampled_from([START + SPAN, START + 2 * SPAN]))
    return st.builds(Trial, plans, logs(), until)


@st.composite
def siblings(draw: st.DrawFn) -> Trial:
    """A correlation over two others, whose steps pass through each other's windows."""
    inner = [draw(correlations(depth=0, name=f"c{number}")) for number in range(2)]
    shared = {one.name for one in inner[0].key} & {one.name for one in inner[1].key}
    key = tuple(part(name, [*inner]) for name in sorted(shared))
    conditions: list[Order | AllOf] = [Order((0, 1)), Order((1,), before=(0,)), AllOf((Present(0), Present(1)))]
    condition = draw(st.sampled_from(conditions))
    return Trial(Correlation("c", tuple(inner), key, SPAN, condition), draw(logs(most=10)))

"""Watchlists that are looked up mean what they mean written out, on a model of Splunk."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.reference import evaluate
from casetrail.engines.splunk_model import SplunkModel
from casetrail.plan.nodes import (
    Equals,
    Expr,
    Field,
    InNetwork,
    Is,
    Like,
    Listed,
    ListedPart,
    Not,
    OneOf,
    Or,
    Search,
    Wildcard,
)
from casetrail.plan.values import parse
from tests.splunk.stores import BACKEND
from tests.worlds import CONTRACT, event

F = CONTRACT.fields
LIVE = replace(BACKEND, options={"watchlists": "live"})
ENGINE = SplunkModel(LIVE, {CONTRACT.key: CONTRACT})
ADDRESSES = (
    "192.0.2.1",
    "192.0.2.255",
    "192.0.3.0",
    "::ffff:192.0.2.1",
    "::FFFF:192.0.2.1",
    "2001:db8::1",
    "2001:DB8:0:0::0001",
    "2001:db9::",
    "192.0.2.01",
    "192.0.2.1 ",
    "0.0.0.0",
    "255.255.255.255",
    "Salesforce.com IP",
    "",
    "::",
    "192.0.2.0/24",
    "null",
)
NETWORKS = (
    (),
    ("192.0.2.0/24",),
    ("192.0.2.1",),
    ("2001:db8::/32", "192.0.2.1"),
    ("2001:db8::1",),
    ("0.0.0.0/0",),
    ("::/0",),
    ("::ffff:0:0/96",),
    ("192.0.2.1", "192.0.2.0/24", "192.0.2.128/25"),
)


def written(field: Field, values: Sequence[str]) -> Expr:
    """The same as a lookup, written out."""
    networks = [Is(field, InNetwork(str(ip_network(value)))) for value in values if "/" in value]
    plain = [parse(value, field, cased=True) for value in values if "/" not in value]
    return Or((*networks, *(Is(field, Equals(value)) for value in plain if value is not None)))


def compare(field: Field, listed: Listed | ListedPart, inline: Expr, values: Sequence[str | int]) -> None:
    events = tuple(event(f"e{number}", number, **{field.path: value}) for number, value in enumerate(values))
    events = (*events, event("none", 10_000))
    for looked_up, plain in ((Is(field, listed), inline), (Not(Is(field, listed)), Not(inline))):
        expected = evaluate(Search("s", CONTRACT.key, plain), events).ids
        assert ENGINE.verdict(Trial(Search("s", CONTRACT.key, looked_up), events)) == expected


@pytest.mark.parametrize("networks", NETWORKS, ids=str)
def test_addresses_in_networks(networks: tuple[str, ...]) -> None:
    values = tuple(str(ip_network(value)) if "/" in value else value for value in networks)
    compare(F["ip"], Listed("offices", values), written(F["ip"], values), ADDRESSES)


def test_random_addresses_in_random_networks() -> None:
    dice = random.Random(7)
    for _ in range(30):
        values = []
        for _ in range(dice.randrange(1, 4)):
            bits, version = dice.choice(((32, 4), (128, 6)))
            whole = ip_address("198.51.100.0") if version == 4 else ip_address("2001:db8:1::")
            length = dice.randrange(bits - 12, bits + 1)
            values.append(str(ip_network((int(whole) + dice.randrange(4096), length), strict=False)))
        near = [
            str(ip_network(value).network_address + shift)
            for value in values
            for shift in (
                -1,
                0,
                1,
                dice.randrange(4096),
                ip_network(value).num_addresses - 1,
                ip_network(value).num_addresses,
            )
        ]
        compare(F["ip"], Listed("offices", tuple(values)), written(F["ip"], values), near)


@pytest.mark.parametrize("cased", [False, True])
def test_texts(cased: bool) -> None:
    values = ("Alice", "bob", "007", "7", "a*b", 'q"u', "a,b", "c:\\x", "$x$", "[s]", "ä", "1.0", " x", "null ")
    listed = values if cased else tuple(value.lower() for value in values)
    seen = (*values, *(value.upper() for value in values), "null", "", "alice ", "axb", "1", "*", "nobody", "7.0")
    field = F["code"] if cased else F["user"]
    compare(field, Listed("users", listed, cased), Is(field, OneOf(listed, cased)), seen)


@pytest.mark.parametrize("cased", [False, True])
@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True), (True, True)])
def test_parts_of_texts(before: bool, after: bool, cased: bool) -> None:
    values = ("@corp.example" if before else "me@corp.example", ".har", "Sync 2", "a,b", 'q"u', "(x|y)", "$1", "ä", "{}")
    listed = values if cased else tuple(value.lower() for value in values)
    seen = [f"{one}{value}{two}" for value in values for one in ("", "x ", "*") for two in ("", " y", "\n")]
    seen += [value.upper() for value in values]
    seen += ["xcorp.example", "x\n.har", "\n.har", ".har\n\r", "Sync\n2", "null", "", "*", "axb", "x", "har", "sync2"]
    field = F["code"] if cased else F["user"]
    around = [(Wildcard.MANY,) if wanted else () for wanted in (before, after)]
    inline = Or(tuple(Is(field, Like((*around[0], value, *around[1]), cased)) for value in listed))
    compare(field, ListedPart("parts", listed, before, after, cased), inline, seen)
    empty = ListedPart("parts", (), before, after, cased)
    compare(field, empty, Or(()), seen[:3])


def test_a_part_of_a_value_of_a_list_is_written_out() -> None:
    events = (event("a", 0, tags=["x", "abc"]), event("b", 1, tags=["x"]), event("c", 2))
    listed = Is(F["tags"], ListedPart("parts", ("b", "q"), before=True, after=True))
    assert ENGINE.verdict(Trial(Search("s", CONTRACT.key, listed), events)) == frozenset("a")
    assert ENGINE.verdict(Trial(Search("s", CONTRACT.key, Not(listed)), events)) == frozenset("bc")


@pytest.mark.parametrize("value", ["a*", "a?", "\\", "[x]"])
def test_a_part_that_is_more_in_a_pattern_is_refused(value: str) -> None:
    listed = Is(F["user"], ListedPart("parts", (value,), before=True, after=False))
    assert "inline" in str(ENGINE.verdict(Trial(Search("s", CONTRACT.key, listed), ())))
    plain = SplunkModel(BACKEND, {CONTRACT.key: CONTRACT})
    assert plain.verdict(Trial(Search("s", CONTRACT.key, listed), (event("a", 0, user=f"x{value}"),))) == frozenset("a")


def test_numbers() -> None:
    seen = (42, "42", "042", "42.0", "-42", "4.2e1", "+42", "", "null", "42.5", "0", "-0", "00", "420")
    compare(F["n"], Listed("numbers", (42, 0, 17)), Is(F["n"], OneOf((42, 0, 17))), seen)


def test_one_list_on_two_fields_and_twice_on_one() -> None:
    listed = Listed("users", ("alice",))
    expr = Or((Is(F["user"], listed), Is(F["other"], listed)))
    both = Search("s", CONTRACT.key, Or((expr, Not(Is(F["user"], listed)))))
    inline = Or((Is(F["user"], OneOf(("alice",))), Is(F["other"], OneOf(("alice",)))))
    events = (
        event("a", 0, user="Alice", other="x"),
        event("b", 1, user="x", other="ALICE"),
        event("c", 2, user="x", other="x"),
    )
    assert (
        ENGINE.verdict(Trial(Search("s", CONTRACT.key, expr), events))
        == evaluate(Search("s", CONTRACT.key, inline), events).ids
    )
    assert ENGINE.verdict(Trial(both, events)) == frozenset("abc")

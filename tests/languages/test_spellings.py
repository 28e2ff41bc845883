"""A value that a vendor spells in several ways is asked for in each, or not at all."""

from __future__ import annotations

import dataclasses

import pytest

from casetrail.languages.spellings import as_stored, stored_test
from casetrail.logs.contract import contracts
from casetrail.plan.digest import digest
from casetrail.plan.nodes import And, Equals, Exists, Expr, Field, Is, Like, Listed, Not, OneOf, Or, Search, Wildcard
from casetrail.plan.values import plain
from casetrail.stores.places import place_of
from casetrail.stores.store import Store, StoredField
from casetrail.stores.unsupported import UnsupportedError

SPELLED = Field("Kind", exact=True, spellings=("/event/{}Stream", "{}Stream", "{}Store"))
KEPT = dataclasses.replace(SPELLED, spellings=())
ALL = ("FileEvent", "/event/FileEventStream", "FileEventStream", "FileEventStore")
STORE = Store("a/b", "t", "time", "nobody's", {"Kind": StoredField("kind", "string")})


@pytest.mark.parametrize("written", ALL)
def test_each_spelling_is_read_as_the_value(written: str) -> None:
    assert plain(written, SPELLED) == "FileEvent"


@pytest.mark.parametrize("written", ["Store", "", "FileEventstore", "StoreFile"])
def test_what_is_in_no_spelling_is_read_as_it_is(written: str) -> None:
    assert plain(written, SPELLED) == written


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        (Is(SPELLED, Equals("FileEvent", cased=True)), Is(KEPT, OneOf(ALL, cased=True))),
        (Not(Is(SPELLED, Equals("FileEvent"))), Not(Is(KEPT, OneOf(ALL)))),
        (Is(SPELLED, Exists()), Is(KEPT, Exists())),
        (And((Is(KEPT, Equals("x")),)), And((Is(KEPT, Equals("x")),))),
    ],
)
def test_a_whole_value_is_asked_for_in_each_spelling(test: Expr, wanted: Expr) -> None:
    assert stored_test(test) == wanted
    assert as_stored(Search("s", "a/b", test)) == Search("s", "a/b", wanted)


def test_what_asks_an_empty_list_is_left_out_where_lists_are_not_looked_up() -> None:
    kept, asked = Is(KEPT, Equals("x")), Is(KEPT, Listed("nobody", ()))
    either = Search("s", "a/b", And((kept, Not(asked), Or((Is(KEPT, Exists()), asked)))))
    assert as_stored(either) == Search("s", "a/b", And((kept, Is(KEPT, Exists()))))
    assert as_stored(either, live=True) == either


def test_a_search_of_which_an_empty_list_leaves_nothing_stays_as_it_is_written() -> None:
    search = Search("s", "a/b", And((Is(KEPT, Equals("x")), Is(KEPT, Listed("nobody", ())))))
    assert as_stored(search) == search


def test_a_value_that_no_row_has_once_it_is_read_is_unsupported() -> None:
    with pytest.raises(UnsupportedError, match="write 'FileEvent'"):
        stored_test(Is(SPELLED, Equals("FileEventStore")))


def test_a_part_of_a_value_and_a_key_have_no_place_in_a_store() -> None:
    part = Is(SPELLED, Like((Wildcard.MANY, "Event")))
    assert stored_test(part) == part
    with pytest.raises(UnsupportedError, match="only whole values"):
        place_of(SPELLED, STORE)
    assert place_of(KEPT, STORE).name == "kind"


def test_spellings_are_no_part_of_a_meaning() -> None:
    plans = [Search("s", "a/b", Is(field, Equals("x"))) for field in (SPELLED, KEPT)]
    assert len(set(map(digest, plans))) == 1


def test_a_field_with_spellings_minds_letter_case() -> None:
    source = {
        "service": "b",
        "title": "B",
        "time": "t",
        "identity": ["t"],
        "detect": [["t"]],
        "delay": {"typical": "1m", "greatest": "1h"},
        "pivots": {},
        "envelopes": [],
        "fields": {"t": {"type": "time"}, "Kind": {"spellings": ["{}Store"]}},
    }
    with pytest.raises(ValueError, match="'Kind' has spellings, so it needs `case: exact`"):
        contracts({"product": "a", "sources": [source]})

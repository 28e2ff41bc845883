"""Expressions of eval and where ("eval", "where", "Comparison and Conditional functions", "Text functions" …)."""

from __future__ import annotations

import pytest

from casetrail.engines.spl_model import ALL, Readings, SplError, UnspecifiedError
from tests.spl_model.model import Row, kept, value

LOOSE = Readings(kleene=False)


def test_null_in_where() -> None:
    """where keeps what is true; a comparison with null is null, and so is its negation."""
    rows: tuple[Row, ...] = ({"x": "a"}, {"x": "b"}, {})
    assert kept('x="a"', *rows) == ["1"]
    assert kept('x!="a"', *rows) == ["2"]
    assert kept('NOT x="a"', *rows) == ["2"]
    assert kept("isnull(x)", *rows) == ["3"]
    assert kept('NOT coalesce(x="a", false())', *rows) == ["2", "3"]


def test_three_valued_logic_in_both_readings() -> None:
    rows = ({"y": "1"}, {"x": "a", "y": "1"})
    assert kept('x="a" OR y=1', *rows) == ["1", "2"]
    assert kept('x="a" OR y=1', *rows, readings=LOOSE) == ["2"]
    assert kept('NOT (x="a" AND y=2)', *rows) == ["1", "2"]
    assert kept('NOT (x="a" AND y=2)', *rows, readings=LOOSE) == ["2"]


def test_a_total_condition_is_the_same_in_every_reading() -> None:
    rows: tuple[Row, ...] = ({"x": "a"}, {"x": "b"}, {})
    for readings in ALL:
        assert kept('NOT if(match(x, "^a$"), true(), false())', *rows, readings=readings) == ["2", "3"]


def test_null_match_in_both_readings() -> None:
    for call in ('match(x, "a")', 'like(x, "a%")', 'cidrmatch("10.0.0.0/8", x)', 'x IN ("a")'):
        assert kept(f"NOT {call}", {}) == []
        assert kept(f"NOT {call}", {}, readings=Readings(null_match_is_null=False)) == ["1"]


def test_xor_comes_last() -> None:
    assert kept("a=1 OR b=1 XOR c=1", {"a": "1", "b": "2", "c": "1"}, {"a": "1", "b": "2", "c": "2"}) == ["2"]


def test_quoted_names_and_concatenation_by_points() -> None:
    row = {"a.b": "dotted", "a": "x", "b": "y", "t{}.id": "z", "a-b": "dash"}
    assert value("'a.b'", row) == "dotted"
    assert value("a.b", row) == "xy"
    assert value("'t{}.id'.\"-\".'a-b'", row) == "z-dash"
    assert value('"n=".5', row) == "n=5"
    assert value("a.missing", row) is None


def test_numbers_and_text() -> None:
    assert kept("n=200", {"n": "200"}, {"n": "200.0"}, {"n": "x"}) == ["1", "2"]
    assert kept('n IN ("400", "404")', {"n": "404"}, {"n": "500"}) == ["1"]
    assert kept("n!=200", {"n": "x"}, {"n": "200"}) == ["1"]
    assert kept("a<b", {"a": "9", "b": "10"}, {"a": "b", "b": "a"}) == ["1"]
    for doubtful in ('n="5"', 'n!="5"'):
        with pytest.raises(UnspecifiedError):
            kept(doubtful, {"n": "5.0"})
    for text in ("+5", "1e3", " 5", "0x1f", "inf"):
        with pytest.raises(UnspecifiedError):
            kept("n=5", {"n": text})
    with pytest.raises(UnspecifiedError):
        kept("n>5", {"n": "x"})


def test_long_digits_are_not_told_apart_by_guess() -> None:
    with pytest.raises(UnspecifiedError):
        kept('n="12345678901234567890"', {"n": "12345678901234567891"})
    assert kept('n="12345678901234567890"', {"n": "12345678901234567890"}) == ["1"]


def test_arithmetic() -> None:
    assert value("1+2*3-4/2") == 5
    assert value("-(2-5)") == 3
    assert value("7%4") == 3
    assert value("1/0") is None
    assert value("n+1", {"n": "41"}) == 42
    assert value("n+1") is None
    assert value('"a"+"b"') == "ab"
    for doubtful in ('1+"a"', "8.250*0.2", "(0-1)%2", "9007199254740991+1"):
        with pytest.raises(UnspecifiedError):
            value(doubtful)


def test_guards_guard() -> None:
    """What isn't documented of one side doesn't matter where the other decides."""
    rows: tuple[Row, ...] = ({"x": ["a", "b"]}, {"x": "a"})
    assert kept('mvcount(x)=1 AND x="a"', *rows) == ["2"]
    assert kept('x="a" AND mvcount(x)=1', *rows) == ["2"]
    assert kept('mvcount(x)>1 OR x="a"', *rows) == ["1", "2"]
    with pytest.raises(UnspecifiedError):
        kept('mvcount(x)=1 AND x="a"', *rows, readings=LOOSE)
    with pytest.raises(UnspecifiedError):
        kept('mvcount(x)=2 AND x="a"', *rows)


@pytest.mark.parametrize("exact", [True, False])
def test_a_window_edge_is_an_edge_in_doubles_too(exact: bool) -> None:
    readings = Readings(exact=exact)
    for micros in range(0, 1_000_000, 4999):
        row = {"t0": f"1699999999.{micros:06d}", "t1": f"1700863999.{micros:06d}"}
        assert kept("t1-t0=864000", row, readings=readings) == ["1"]
    assert kept("t1-t0<=600", {"t0": "1700000000.1", "t1": "1700000600.100001"}, readings=readings) == []


def test_decimals_in_doubles_drift() -> None:
    drifting = {"t0": "1.1", "t1": "2.2"}
    assert kept("t1-t0=1.1", drifting) == ["1"]
    assert kept("t1+t0=3.3", drifting) == ["1"]
    assert kept("t1+t0=3.3", drifting, readings=Readings(exact=False)) == []


def test_conditions() -> None:
    assert value('if(x=1, "a", "b")') == "b"
    assert value('case(x=1, "a", isnull(x), "b", true(), "c")') == "b"
    assert value('case(1=2, "a")') is None
    assert value('validate(1=1, "a", 1=2, "b")') == "b"
    assert value('validate(1=1, "a")') is None
    assert value('coalesce(x, null(), "z")') == "z"
    assert value("nullif(a, b)", {"a": "1", "b": "1"}) is None
    with pytest.raises(SplError):
        value('case(1=1, "a", 2)')
    with pytest.raises(UnspecifiedError):
        value('validate(x=1, "a")')


def test_booleans_have_their_places() -> None:
    for wrong in ("isnull(x)", "true()", "1=1"):
        with pytest.raises(SplError):
            value(wrong)
    with pytest.raises(SplError):
        kept('"x"', {})
    with pytest.raises(SplError):
        kept("1 AND 1=1", {})


def test_match_searches_in_one_case() -> None:
    assert kept('match(x, "b+")', {"x": "abbc"}, {"x": "ABBC"}) == ["1"]
    assert kept('match(x, "(?i)^a.*c$")', {"x": "abbc"}, {"x": "ABBC"}) == ["1", "2"]
    assert kept('match(x, "^.b")', {"x": "\nb"}) == []
    assert kept(r'match(x, "\\Aa\\z")', {"x": "a"}, {"x": "a\n"}) == ["1"]


@pytest.mark.parametrize("pattern", [r"\\p{L}", r"(?<n>a)", "[[:alpha:]]", "a++", r"\\Qa\\E", r"\\Z", "(", "{,3}"])
def test_patterns_that_python_reads_otherwise(pattern: str) -> None:
    with pytest.raises(SplError):
        kept(f'match(x, "{pattern}")', {"x": "a"})


def test_match_beyond_ascii() -> None:
    rows = ({"x": "É"},)
    assert kept('match(x, "(?i)é")', *rows) == ["1"]
    assert kept('match(x, "(?i)é")', *rows, readings=Readings(unicode_case=False)) == []
    assert kept(r'match(x, "^\\w$")', *rows) == []


def test_like() -> None:
    rows = ({"x": "a%b"}, {"x": "axyb"}, {"x": "Axyb"}, {"x": "a.b"})
    assert kept('x LIKE "a__b"', *rows) == ["2"]
    assert kept('like(x, "a%b")', *rows) == ["1", "2", "4"]
    assert kept('like(x, "a.b")', *rows) == ["4"]
    with pytest.raises(UnspecifiedError):
        kept(r'like(x, "a\\%b")', *rows)


def test_cidrmatch() -> None:
    assert kept('cidrmatch("10.0.0.0/8", x)', {"x": "10.1.1.1"}, {"x": "11.1.1.1"}, {"x": "none"}) == ["1"]
    assert kept('NOT cidrmatch("2001:db8::/32", x)', {"x": "2001:db8::1"}, {"x": "10.0.0.1"}) == ["2"]


def test_text_functions() -> None:
    assert value('lower("AÉ").upper("bß")') == "aéBß"
    assert value('lower("AÉ")', readings=Readings(unicode_case=False)) == "aÉ"
    assert value('len("日本")') == 2
    assert value('substr("string", 1, 3).substr("string", -3)') == "string"
    assert value(r'replace("1/14/2023", "^(\d{1,2})/(\d{1,2})/", "\2/\1/")') == "14/1/2023"
    assert value("lower(x)") is None
    assert value("lower(x)", {"x": ["A", "B"]}) == ["a", "b"]
    for doubtful in ("len(x)", 'replace(x, "a", "b")', "substr(x, 1)", 'x="A"', 'match(x, "A")', 'x."b"'):
        with pytest.raises(UnspecifiedError):
            kept(f"isnull({doubtful})", {"x": ["A", "B"]})


def test_conversions() -> None:
    assert value("tonumber(x)+1", {"x": "2.5"}) == 3.5
    assert value("tonumber(x)", {"x": " 2"}) is None
    assert value("tonumber(x)", {"x": "seven"}) is None
    with pytest.raises(SplError):
        value('tonumber("seven")')
    assert value("tostring(1=1)") == "True"
    assert value('tostring(5)."x"') == "5x"
    assert value('typeof(12).typeof("s").typeof(1==2).typeof(bad)') == "NumberStringBooleanInvalid"
    assert kept("isnum(mvcount(id)) AND isstr(x)", {"x": "a"}) == ["1"]
    with pytest.raises(UnspecifiedError):
        kept("isnum(x)", {"x": "5"})


def test_numbers_and_extremes() -> None:
    assert value("round(3.5)") == 4
    assert value("round(2.346, 2)") == 2.35
    assert value("round(2.51)") == 3
    assert value("floor(-1.5)") == -2
    assert value("ceiling(1.2)+ceil(0.1)") == 3
    assert value("abs(-3)") == 3
    assert value('max(1, 3, "foo", name)', {"name": "baz"}) == "foo"
    assert value("max(n)", {"n": ["9", "10"]}) == "10"
    assert value("min(3, 1)") == 1
    for doubtful in ("round(2.5)", "max(1, x)"):
        with pytest.raises(UnspecifiedError):
            value(doubtful)


def test_times() -> None:
    assert value("now()") == 1_700_000_000
    assert value('strftime(1700000000.9, "%Y-%m-%d %H:%M:%S %V %s")') == "2023-11-14 22:13:20 46 1700000000"
    assert value('strptime("2023-11-14T22:13:20.250Z", "%Y-%m-%dT%H:%M:%S.%3NZ")') == 1700000000.25
    assert value('strptime("yesterday", "%Y-%m-%d")') is None
    with pytest.raises(SplError):
        value('strftime(0, "%A")')
    with pytest.raises(UnspecifiedError):
        value('strptime("2023-11-14 x", "%Y-%m-%d")')


def test_multivalue_functions() -> None:
    row = {"m": ["c", "a", "b", "a"]}
    assert value("mvcount(m)", row) == 4
    assert value("mvcount(id)", row) == 1
    assert value("mvcount(none)", row) is None
    assert value('mvfilter(match(m, "[ab]"))', row) == ["a", "b", "a"]
    assert value('mvfilter(m="z")', row) is None
    assert value('mvfilter(none="z")', row) is None
    assert value("mvfilter(!isnull(m))", row) == ["c", "a", "b", "a"]
    assert value("mvmap(m, m.id)", row) == ["c1", "a1", "b1", "a1"]
    assert value('mvmap(mvindex(m, 1, 2), m."x")', row) == ["ax", "bx"]
    assert value('mvfind(m, "^b")', row) == 2
    assert value('mvfind(m, "z")', row) is None
    assert value("mvdedup(m)", row) == ["c", "a", "b"]
    assert value("mvsort(m)", row) == ["a", "a", "b", "c"]
    assert value('mvsort(split("10,9,70,100", ","))') == ["10", "100", "70", "9"]
    assert value('mvsort(split("bAa", ""))') == ["A", "a", "b"]
    assert value('mvjoin(m, ";")', row) == "c;a;b;a"
    assert value('mvjoin(none, ";")', row) is None
    assert value('mvappend("x", none, m)', row) == ["x", "c", "a", "b", "a"]
    assert value('mvzip(m, mvappend("1", "2"))', row) == ["c,1", "a,2"]
    assert value('mvzip("a", "b", "|")') == "a|b"
    assert value('split("a::b", "::")') == ["a", "b"]
    assert value("mvindex(m, -1)", row) == "a"
    assert value("mvindex(m, 0, 1)", row) == ["c", "a"]
    assert value("mvindex(m, 9)", row) is None
    assert value("mvindex(m, 2, 1)", row) is None
    with pytest.raises(SplError):
        value("mvfilter(m=id)", row)


def test_json_extract() -> None:
    row = {"j": '{"a": {"b": "x", "n": 1.50}, "l": [1]}'}
    assert value('json_extract(j, "a.b")', row) == "x"
    assert value('json_extract(j, "a.n")', row) == "1.50"
    assert value('json_extract(j, "a.z")', row) is None
    with pytest.raises(UnspecifiedError):
        value('json_extract(j, "l")', row)

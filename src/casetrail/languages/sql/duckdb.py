"""DuckDB's words. A single column is VARCHAR, a column of many values VARCHAR[]; either may be null."""

from __future__ import annotations

from casetrail.languages.sql.sheet import Lists, Parts, Quoting, Reads, Sheet, Texts, Windows
from casetrail.plan.values import FIRST_TIME, LAST_TIME

_V4_PART = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4 = f"({_V4_PART}\\.){{3}}{_V4_PART}"
_V6_GROUPS = "([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?"
_HOUR, _SIXTY = "([01][0-9]|2[0-3])", "([0-5][0-9])"
_FRACTION = "(?:\\.([0-9]{1,9}))?"
_ZONE = "([-+])([0-9]{2})(?::?([0-9]{2}))?"
_ISO = (
    f"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})[T ]{_HOUR}:{_SIXTY}:{_SIXTY}{_FRACTION}(?:Z|[-+][0-9]{{2}}(?::?[0-9]{{2}})?)?"
)
_USUAL = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z"
_COMPACT = f"([0-9]{{4}})([0-9]{{2}})([0-9]{{2}}){_HOUR}{_SIXTY}{_SIXTY}{_FRACTION}"
_TIME_PARTS = "['year', 'month', 'day', 'hour', 'minute', 'second', 'fraction']"
_NUMBER = "-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?"

_MACROS = f"""
CREATE OR REPLACE TEMP MACRO as_integer(x) AS
  CASE WHEN regexp_full_match(x, '-?[0-9]+(\\.0+)?') THEN try_cast(split_part(x, '.', 1) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO as_number(x) AS
  CASE WHEN regexp_full_match(x, '{_NUMBER}') AND isfinite(try_cast(x AS DOUBLE)) THEN try_cast(x AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO as_boolean(x) AS
  CASE lower(x) WHEN 'true' THEN true WHEN 'false' THEN false END;
CREATE OR REPLACE TEMP MACRO given(value, body) AS list_transform([value], body)[1];
CREATE OR REPLACE TEMP MACRO v4_hex(x) AS
  given(string_split(x, '.'), lambda p: printf('%02x%02x%02x%02x', p[1]::INT, p[2]::INT, p[3]::INT, p[4]::INT));
CREATE OR REPLACE TEMP MACRO v6_plain(x) AS
  CASE WHEN regexp_full_match(x, '.*:{_V4}') THEN given(v4_hex(regexp_extract(x, '[^:]+$')), lambda tail:
    regexp_extract(x, '^(.*:)[^:]+$', 1) || tail[1:4] || ':' || tail[5:8]) ELSE x END;
CREATE OR REPLACE TEMP MACRO v6_half(x) AS CASE WHEN x = '' THEN '' WHEN regexp_full_match(x, '{_V6_GROUPS}')
  THEN array_to_string(list_transform(string_split(x, ':'), lambda part: lpad(part, 4, '0')), '') END;
CREATE OR REPLACE TEMP MACRO v6_hex(x) AS given(list_transform(string_split(x, '::'), lambda half: v6_half(half)), lambda halves:
  CASE WHEN len(halves) = 1 AND len(halves[1]) = 32 THEN halves[1]
    WHEN len(halves) = 2 AND len(halves[1]) + len(halves[2]) <= 28
    THEN halves[1] || repeat('0', 32 - len(halves[1]) - len(halves[2])) || halves[2] END);
CREATE OR REPLACE TEMP MACRO as_address(x) AS
  CASE WHEN regexp_full_match(x, '{_V4}') THEN '4' || v4_hex(x)
    WHEN contains(x, ':') AND regexp_full_match(x, '[0-9a-fA-F:.]+') THEN given(v6_hex(v6_plain(lower(x))), lambda hex:
      CASE WHEN starts_with(hex, '00000000000000000000ffff') THEN '4' || hex[25:32] ELSE '6' || hex END) END;
CREATE OR REPLACE TEMP MACRO instant(parts) AS given(parts, lambda p: CASE WHEN p.year <> '0000'
  THEN epoch_us(try_cast(p.year || '-' || p.month || '-' || p.day || ' ' || p.hour || ':' || p.minute || ':' || p.second
    AS TIMESTAMP)) + rpad(p.fraction, 6, '0')[1:6]::BIGINT END);
CREATE OR REPLACE TEMP MACRO zone_micros(x) AS
  given(regexp_extract(x, '{_ZONE}$', ['sign', 'hours', 'minutes']), lambda zone: CASE WHEN zone.sign = '' THEN 0 ELSE
    given(zone.hours::BIGINT * 60 + coalesce(try_cast(zone.minutes AS BIGINT), 0), lambda minutes: CASE WHEN minutes < 1440
      THEN minutes * CASE zone.sign WHEN '-' THEN -60000000 ELSE 60000000 END END) END);
CREATE OR REPLACE TEMP MACRO within_years(micros) AS
  CASE WHEN try_cast(micros AS BIGINT) BETWEEN {FIRST_TIME} AND {LAST_TIME} THEN try_cast(micros AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO as_time_iso8601(x) AS
  CASE WHEN regexp_full_match(x, '{_USUAL}') THEN epoch_us(try_cast(x AS TIMESTAMP))
    WHEN regexp_full_match(x, '{_ISO}') THEN within_years(instant(regexp_extract(x, '{_ISO}', {_TIME_PARTS})) - zone_micros(x)) END;
CREATE OR REPLACE TEMP MACRO as_time_compact(x) AS
  CASE WHEN regexp_full_match(x, '{_COMPACT}') THEN instant(regexp_extract(x, '{_COMPACT}', {_TIME_PARTS})) END;
CREATE OR REPLACE TEMP MACRO as_time_epoch_s(x) AS within_years(round_even(as_number(x) * 1000000, 0));
CREATE OR REPLACE TEMP MACRO as_time_epoch_ms(x) AS within_years(round_even(as_number(x) * 1000, 0));
"""

DUCKDB = Sheet(
    engine="DuckDB",
    setup=_MACROS,
    quoting=Quoting(text={"'": "''"}, name='"'),
    lists=Lists(
        any_element="coalesce(list_bool_or(list_transform({list}, lambda {name}: {test})), false)",
        each_element="list_transform({list}, lambda {name}: {value})",
        one="[{value}]",
        size="coalesce(len({list}), 0)",
        split="SELECT *, unnest({list}) AS {name} FROM {rows}",
    ),
    texts=Texts(
        lower="lower({text})",
        contains="contains({text}, {part})",
        starts="starts_with({text}, {part})",
        ends="ends_with({text}, {part})",
        like="{text} LIKE {pattern} ESCAPE '\\'",
        regex="regexp_matches({text}, {pattern})",
    ),
    reads=Reads(
        integer="as_integer({text})",
        number="as_number({text})",
        boolean="as_boolean({text})",
        address="as_address({text})",
        times={
            "iso8601": "as_time_iso8601({text})",
            "compact": "as_time_compact({text})",
            "epoch_s": "as_time_epoch_s({text})",
            "epoch_ms": "as_time_epoch_ms({text})",
        },
    ),
    parts=Parts(
        minute="minute(make_timestamp({time}))",
        hour="hour(make_timestamp({time}))",
        day="day(make_timestamp({time}))",
        week="week(make_timestamp({time}))",
        month="month(make_timestamp({time}))",
        year="year(make_timestamp({time}))",
    ),
    windows=Windows(
        any="coalesce(bool_or({test}) OVER ({window}), false)",
        only="{aggregate}({value}) FILTER (WHERE {test}) OVER ({window})",
        distinct="count(DISTINCT {value}) OVER ({window})",
        median="median({value}) OVER ({window})",
        percentile="quantile_disc({value}, {share}) OVER ({window})",
    ),
)

"""ES|QL for a look in stretches: each step counts for its own stretch, and for the one beside it in which it may still be near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casetrail.languages.esql.step_text import milliseconds, of_bases, packed, unpacked
from casetrail.languages.stretches import Beside, Side, Stretched


@dataclass(frozen=True, slots=True)
class _Outermost:
    """The two times that tell whether there is a step on a side: `here` of a step's own stretch, `there` of the one beside.

    place: where a step counts that lies in the stretch beside; passes, near: how the two compare with the step's time.
    """

    here: str
    there: str
    place: str
    passes: str
    near: str


_OUTERMOST = {
    Side.BEFORE: _Outermost("MIN", "MAX", "place + 1", "< at", ">= at -"),
    Side.AFTER: _Outermost("MAX", "MIN", "place - 1", "> at", "<= at +"),
}


def in_stretches(look: Stretched, keys: Sequence[str], asked: Sequence[str]) -> Iterator[str]:
    """The lines that make a look's figures for those steps of which all that is asked holds."""
    width = milliseconds(look.width)
    near = "place"
    for place in sorted({_OUTERMOST[beside.side].place for _, beside in look.figures}):
        near = f"MV_APPEND({near}, {place})"
    summed = [text for column, beside in look.figures for text in _outermost(column, beside)]
    own = " AND ".join(["near == place", *asked])
    yield packed(())
    yield f"EVAL place = at / {width}"
    yield f"EVAL near = {near}"
    yield "MV_EXPAND near"
    yield f"STATS {', '.join([*summed, f'steps = VALUES(CASE({own}, step, NULL))'])} BY {', '.join([*keys, 'near'])}"
    yield "WHERE steps IS NOT NULL"
    yield "MV_EXPAND steps"
    yield unpacked("steps", ())
    yield "EVAL at = TO_LONG(at)"
    yield f"EVAL {', '.join(_told(column, _OUTERMOST[beside.side], width) for column, beside in look.figures)}"


def _outermost(column: str, beside: Beside) -> Iterator[str]:
    one = _OUTERMOST[beside.side]
    for name, aggregate, place in (("here", one.here, "place"), ("there", one.there, one.place)):
        tests = [*of_bases("base", beside.bases), f"near == {place}"]
        yield f"{column}_{name} = {aggregate}(CASE({' AND '.join(tests)}, at, NULL))"


def _told(column: str, one: _Outermost, width: int) -> str:
    return f"{column} = CASE({column}_here {one.passes} OR {column}_there {one.near} {width}, 1, 0)"

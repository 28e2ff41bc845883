"""Mangled text is refused with SplError or run, and never ends in another error."""

from __future__ import annotations

import contextlib
import random

from casetrail.engines.spl_model import SplError, run
from tests.spl_model.model import events

_QUERIES = (
    r'search index=a (t{}.x="b*" OR NOT n>=5) u IN ("a\\b", c) earliest=-1d@d',
    'a=1 | eval k=lower(u)."-".\'t{}.x\', n=if(isnull(n), 0, n+1) | where k LIKE "a%" AND n IN (1, 2) | sort 0 -n, str(k)',
    "a=1 | stats count(eval(n>1)) AS c values(t{}.x) perc50(n) BY u | mvexpand values limit=2 | head 3 | dedup 2 u keepempty=t",
    "a=1 | sort 0 _time | streamstats global=f window=2 current=t earliest(_time) AS t0 BY u | where _time-t0<=600",
    'a=1 | makemv delim="," m | lookup t k AS u OUTPUT v AS w | rename "a b" AS c | fillnull value=x y | bin span=5m _time',
    r'a=1 | where match(u, "^a\\.b$") OR isnotnull(mvfilter(match(m, "x"))) | fields - _raw, m* | table u n',
)
_PIECES = ("|", "(", ")", '"', "'", ",", "=", "\\", "`", "[", "*", " ", "-", "BY", "AS", "NOT", "eval(", "1", "x", "")


def test_mangled() -> None:
    dice = random.Random(1)
    rows = events({"a": "1", "u": "Ann", "n": "5", "t{}.x": ["b", "c"], "m": "x,y"}, {"a": "1", "u": "bob"})
    run_through = 0
    for _ in range(6000):
        query = dice.choice(_QUERIES)
        for _ in range(dice.randint(0, 3)):
            start = dice.randrange(len(query) + 1)
            query = query[:start] + dice.choice(_PIECES) + query[start + dice.randint(0, 4) :]
        with contextlib.suppress(SplError):
            run(query, rows, now=1_700_000_100, seed=dice.randrange(3))
            run_through += 1
    assert run_through > 100

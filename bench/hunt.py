"""How fast a hunt is, as ratios: 20 and 1,000 rules against DuckDB's own `count(*)` over the same file.

    python bench/hunt.py [--rows 1000000] [--rounds 3]

Makes its own rows and rules, takes each figure in a process of its own, the ways by turns, and keeps the least of the rounds. Before
that, the hits on the first rows are compared with the reference evaluator's. `rsigma` is compared when it is on the PATH: single-event
rules, by `rsigma rule backtest` on as many parts of the file as there are processors.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import duckdb
import orjson

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench import rows, rules
from casetrail.engines.reference import evaluate
from casetrail.hunt.hunt import hunt
from casetrail.logs.event import event_of
from casetrail.pack.pack import Pack

_ROOT = Path(__file__).parents[1]
_CHECKED = 5_000
_COLUMNS = "{eventType: 'VARCHAR', published: 'VARCHAR', actor: 'STRUCT(alternateId VARCHAR)'}"
Figures = dict[str, float]


def pack_of(folder: Path, count: int) -> Path:
    """A pack of `count` rules that alert, with the shipped contracts."""
    pack = folder / f"pack-{count}"
    rules.write(pack / "rules", count)
    for name in ("logsources", "watchlists"):
        shutil.copytree(_ROOT / name, pack / name)
    return pack


def counted(log: Path) -> int:
    """The rows, by DuckDB's JSON reader with the columns named."""
    query = f"SELECT count(*) FROM read_json('{log}', format = 'newline_delimited', columns = {_COLUMNS})"
    ((count,),) = duckdb.execute(query).fetchall()
    return int(count)


def hunted(pack_folder: Path, log: Path) -> int:
    pack = Pack.load(pack_folder)
    report = hunt(pack.rules.plans(), pack.contracts, [log])
    return len(report.hits)


def checked(pack_folder: Path, log: Path) -> int:
    """The number of completions on a short log, when the hunt and the reference evaluator agree on each."""
    pack = Pack.load(pack_folder)
    contract = pack.contracts["okta/okta"]
    events = [event for line in log.read_bytes().splitlines() if (event := event_of(orjson.loads(line), contract))]
    expected = {(name, identity) for name, plan in pack.rules.plans().items() for identity in evaluate(plan, events).ids}
    found = {(hit.rule, hit.id) for hit in hunt(pack.rules.plans(), pack.contracts, [log]).hits}
    if found != expected:
        raise SystemExit(f"the hunt and the reference disagree on {sorted(found ^ expected)[:5]}")
    return len(found)


def child(way: str, argument: str, log: str) -> Figures:
    """One figure in a process of its own: seconds from its start of work, peak memory in MB, and what it found."""
    command = [sys.executable, __file__, "--child", way, argument, log]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def work(way: str, argument: str, log: Path) -> Figures:
    ways: dict[str, Callable[[], int]] = {
        "count": lambda: counted(log),
        "hunt": lambda: hunted(Path(argument), log),
    }
    start = time.perf_counter()
    found = ways[way]()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "found": found}


def rsigma(pack: Path, parts: list[Path]) -> float:
    """Seconds that rsigma takes for all parts at once."""
    searches = pack.parent / f"{pack.name}-rsigma"
    if not searches.exists():
        shutil.copytree(pack / "rules", searches, ignore=shutil.ignore_patterns("correlation_*"))
    start = time.perf_counter()
    running = [
        subprocess.Popen(
            ["rsigma", "rule", "backtest", "-r", str(searches), "--corpus", str(part)], stdout=subprocess.DEVNULL
        )
        for part in parts
    ]
    codes = [process.wait() for process in running]
    if any(code not in (0, 1) for code in codes):
        raise SystemExit(f"rsigma stopped with {codes}")
    return time.perf_counter() - start


def split(log: Path, count: int) -> list[Path]:
    parts = [log.with_suffix(f".{number}.ndjson") for number in range(count)]
    lines = log.read_bytes().splitlines(keepends=True)
    for number, part in enumerate(parts):
        part.write_bytes(b"".join(lines[number::count]))
    return parts


def least(rounds: list[Figures]) -> Figures:
    return min(rounds, key=lambda each: each["seconds"])


def measure(folder: Path, count: int, turns: int) -> dict[str, object]:
    log = folder / "rows.ndjson"
    rows.write(log, count)
    few, many = pack_of(folder, 20), pack_of(folder, 1000)
    short = folder / "short.ndjson"
    rows.write(short, _CHECKED)
    agreed = {pack.name: checked(pack, short) for pack in (few, many)}
    ways = {"count": ("count", ""), "20 rules": ("hunt", str(few)), "1,000 rules": ("hunt", str(many))}
    taken: dict[str, list[Figures]] = {name: [] for name in ways}
    child("count", "", str(log))
    for turn in range(turns):
        for name, (way, argument) in ways.items():
            print(f"round {turn + 1} of {turns}: {name}", file=sys.stderr)
            taken[name].append(child(way, argument, str(log)))
    best = {name: least(rounds) for name, rounds in taken.items()}
    seconds = {name: figures["seconds"] for name, figures in best.items()}
    found: dict[str, object] = {
        "rows": count,
        "bytes": log.stat().st_size,
        "completions checked against the reference": agreed,
        "figures": best,
        "ratios": {
            "20 rules / count(*)": seconds["20 rules"] / seconds["count"],
            "1,000 rules / 20 rules": seconds["1,000 rules"] / seconds["20 rules"],
        },
        "versions": {
            "python": platform.python_version(),
            "duckdb": version("duckdb"),
            "casetrail": version("casetrail"),
            "processors": os.cpu_count(),
        },
    }
    if shutil.which("rsigma"):
        parts = split(log, os.cpu_count() or 1)
        found["rsigma / hunt"] = {
            name: min(rsigma(pack, parts) for _ in range(turns)) / seconds[name]
            for name, pack in (("20 rules", few), ("1,000 rules", many))
        }
        found["rsigma"] = subprocess.run(["rsigma", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        way, argument, log = options.child
        print(json.dumps(work(way, argument, Path(log))))
        return
    with tempfile.TemporaryDirectory(prefix="casetrail-bench-") as folder:
        print(json.dumps(measure(Path(folder), options.rows, options.rounds), indent=2))


if __name__ == "__main__":
    main()

"""How long a check, the tests and a whole run take, and how long they are silent, in processor and wall time; for docs, not for tests.

    python -m bench.check [--rounds 3]

The least of the rounds is told. Each command is a process of its own, with an empty cache where it says `cold`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench.public import write

ROOT = Path(__file__).parents[1]
CASETRAIL = (sys.executable, "-m", "casetrail")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of the processor and of the clock, and the longest time without a line, all in seconds."""

    cpu: float
    wall: float
    silent: float


def took(words: Sequence[str], cache: Path) -> Took:
    """What a command took; its output is read and thrown away."""
    before, start = os.times(), perf_counter()
    silent, last = 0.0, start
    process = subprocess.Popen(
        words, cwd=ROOT, env={**os.environ, "CASETRAIL_CACHE": str(cache)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    for _ in process.stdout:
        now = perf_counter()
        silent, last = max(silent, now - last), now
    process.wait()
    end, after = perf_counter(), os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(cpu, end - start, max(silent, end - last))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as place:
        top = Path(place)
        for count in (5, 3000):
            write(top / str(count) / "rules", count)
        check = {count: [*CASETRAIL, "check", "--pack", str(top / str(count))] for count in (5, 3000)}
        commands = {
            "check of 5 rules, cold": [*check[5], "--no-cache"],
            "check of 3,000 rules, cold": [*check[3000], "--no-cache"],
            "check of 3,000 rules, unchanged": check[3000],
            "test of the pack": [*CASETRAIL, "test", "--pack", str(ROOT)],
            "run again": [*CASETRAIL, "run", "--pack", str(ROOT), "-o", str(top / "dist")],
        }
        for name in ("check of 3,000 rules, unchanged", "run again"):
            took(commands[name], top / "cache")
        print(f"{'':32} {'cpu s':>6} {'wall s':>7} {'silent s':>9}")
        for name, words in commands.items():
            found = [took(words, top / "cache") for _ in range(rounds)]
            cpu, wall, silent = (min(getattr(each, part) for each in found) for part in ("cpu", "wall", "silent"))
            print(f"{name:32} {cpu:6.2f} {wall:7.2f} {silent:9.2f}")


if __name__ == "__main__":
    main()

"""The law of late and doubled data on many histories of each rule, and what public converters' defaults miss of them.

    python studies/late.py --histories 1000 [--rule okta_session_flapping] [--target splunk] [--json] [--markdown docs/late-data.md]

A history follows from its rule's name and its number alone. Exits 1 when the law is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from studies.lateness.measure import Measured, lines, measure, outages, rules
from studies.lateness.page import markdown

_ROOT = Path(__file__).parents[1]


def record(found: Measured, seconds: float) -> dict[str, object]:
    return {
        "histories": found.histories,
        "seconds": round(seconds, 1),
        "rules": {
            held.rule: {
                "targets": {target: asdict(tally) for target, tally in held.tallies.items()},
                "broken": [{"target": target, "history": number} for target, number in held.broken],
            }
            for held in found.helds
        },
        "defaults": [
            {"default": name, "of": sort, "rows": late, "rules": found.rules[sort, name], **asdict(tally)}
            for (sort, name, late), tally in sorted(found.defaults.items())
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=50, help="histories of each rule for the law")
    parser.add_argument("--defaults", type=int, default=0, help="histories of each rule for public defaults")
    parser.add_argument("--rule", action="append", default=[], help="only this rule; may be given several times")
    parser.add_argument("--target", action="append", default=[], help="only this target; may be given several times")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--pack", type=Path, default=_ROOT)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", type=Path, help="write the page to this file")
    options = parser.parse_args()
    known = rules(options.pack)
    strangers = set(options.rule) - set(known)
    if strangers:
        parser.error(f"no rule with cases is named {min(strangers)}")
    wanted = [rule for rule in known if not options.rule or rule in options.rule]
    begun = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {text}", file=sys.stderr, flush=True)

    found = measure(options.pack, options.target, wanted, options.histories, options.defaults, options.jobs, tell)
    if options.markdown:
        options.markdown.write_text(markdown(found, options.defaults, outages(options.pack)), "utf-8")
    if options.json:
        print(json.dumps(record(found, time.monotonic() - begun), indent=1))
    else:
        print("\n".join([*lines(found), *(f"broken: {each}" for each in found.broken)]))
    raise SystemExit(1 if found.broken else 0)


if __name__ == "__main__":
    main()

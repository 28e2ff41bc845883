"""How fast a trail is over the invented company's month with the incident of 2023 laid into it, and what memory it takes.

    python bench/trail.py [--share 1.0] [--days 30] [--folder DIR]

Makes the logs unless the folder holds them, walks from the intruder's first address in a process of its own, and says: events, seconds to
read and to walk, the most memory, and how much of the trail is the intruder's and how much of others: the company's ordinary month holds
failed sign-ins from any address.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from casetrail.incidents.rows import log_of
from casetrail.incidents.story import read_incident
from casetrail.pack.pack import Pack
from casetrail.trail.node import Node
from casetrail.trail.store import Store
from casetrail.trail.walk import Limits, idle_of, walk
from company.chance import chance
from company.days import days
from company.delivery import Writer, delivered
from company.times import number_of

_ROOT = Path(__file__).parents[1]
_FIRST = date(2023, 9, 18)
_ADDRESS = "203.0.113.41"


def make(folder: Path, share: float, number: int) -> None:
    """Write a month of the company's logs and the incident's, and the ids of the intruder's events."""
    with Writer(folder / "company") as writer:
        work = days(1, number_of(_FIRST), number, share)
        for arrived, event in delivered(work, chance(1, "delivery")):
            writer.write(event, arrived)
    pack = Pack.load(_ROOT)
    incident = read_incident(pack, "okta-2023")
    arrivals = log_of(pack, incident, incident.companies[0])
    lines: dict[str, list[str]] = {}
    for one in arrivals:
        lines.setdefault(one.event.source.replace("/", "."), []).append(json.dumps(one.event.row))
    (folder / "incident").mkdir(exist_ok=True)
    for name, texts in lines.items():
        (folder / "incident" / f"{name}.ndjson").write_text("\n".join(texts) + "\n")
    intruder = {fact.id for fact in incident.facts if fact.by == "intruder"}
    mine = sorted(f"{one.event.source} {one.event.id}" for one in arrivals if one.fact in intruder)
    (folder / "intruder.json").write_text(json.dumps(mine))


def measured(folder: Path) -> dict[str, object]:
    """The figures of one trail."""
    pack = Pack.load(_ROOT)
    store = Store(pack.contracts)
    begin = time.perf_counter()
    store.read([folder / "company", folder / "incident"])
    read = time.perf_counter()
    found = walk(store, [Node("address", _ADDRESS)], idle_of(pack.contracts), Limits())
    walked = time.perf_counter()
    got = {f"{step.event.source} {step.event.id}" for step in found.steps.values()}
    from_it = {
        f"{one.event.source} {one.event.id}" for one in found.steps.values() if Node("address", _ADDRESS) in one.event.nodes
    }
    wanted = set(json.loads((folder / "intruder.json").read_text()))
    return {
        "events": store.count,
        "read_s": round(read - begin, 1),
        "walk_s": round(walked - read, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "in_trail": len(got),
        "of_the_incident": f"{len(got & wanted)} of {len(wanted)}",
        "others_from_the_address": len((got - wanted) & from_it),
        "others": len(got - wanted - from_it),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="the part of the company to have")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--folder", type=Path, help="where the logs are, or are made")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.measure:
        print(json.dumps(measured(told.folder)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = told.folder or Path(scratch)
        if not (folder / "intruder.json").is_file():
            make(folder, told.share, told.days)
        subprocess.run([sys.executable, __file__, "--measure", "--folder", str(folder)], check=True)


if __name__ == "__main__":
    main()

"""How quiet the pack is: thirty days of ordinary work of an invented company, and what the rules alert on in it.

    python studies/noise.py [--seed 1] [--json] [--markdown docs/noise.md] [--incident okta-2023]

The log begins some days before the days that count, as a SIEM's does, so that rules that ask for what is new have something to know.
Alerts are counted as docs/semantics.md does, by the day of their first completion. Exits 1 when a limit isn't met.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from casetrail.pack.pack import Pack
from company import lists
from company.chance import chance
from company.days import days
from company.delivery import Writer, delivered
from company.times import number_of
from studies.quiet.measure import Settings, measure
from studies.quiet.page import markdown, shown

_ROOT = Path(__file__).parents[1]
_FIRST = date(2026, 2, 9)


def write_logs(folder: Path, settings: Settings) -> dict[str, int]:
    """Write the company's logs and watchlists; gives the rows by source. Logs made before with the same settings are kept."""
    lists.write(folder / "watchlists")
    made = folder / "made.json"
    wanted = settings.record()
    if made.is_file():
        known = json.loads(made.read_text("utf-8"))
        if known["settings"] == wanted:
            return dict(known["rows"])
    first = number_of(settings.first) - settings.lead
    gc.disable()
    with Writer(folder / "logs") as writer:
        work = days(settings.seed, first, settings.lead + settings.days, settings.share)
        for arrived, event in delivered(work, chance(settings.seed, "delivery")):
            writer.write(event, arrived)
    gc.enable()
    made.write_text(json.dumps({"settings": wanted, "rows": writer.rows}), "utf-8")
    return dict(writer.rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=date.fromisoformat, default=_FIRST, help="the first day that counts")
    parser.add_argument("--days", type=int, default=30, help="the days that count")
    parser.add_argument("--lead", type=int, default=14, help="the days of log before")
    parser.add_argument("--share", type=float, default=1.0, help="the part of the company to have")
    parser.add_argument("--pack", type=Path, default=_ROOT)
    parser.add_argument("--rule", action="append", default=[], help="only this rule; may be given several times")
    parser.add_argument("--folder", type=Path, help="keep the logs here, and take them from here the next time")
    parser.add_argument("--incident", help="lay this incident into the days, and tell whether it is still seen as early")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", type=Path, help="write the page to this file")
    options = parser.parse_args()
    settings = Settings(options.seed, options.first, options.days, options.lead, options.share)
    with tempfile.TemporaryDirectory(prefix="casetrail-noise-") as scratch:
        folder = options.folder or Path(scratch)
        if options.incident:
            from studies.quiet.incident import laid_in

            raise SystemExit(laid_in(options.pack, options.incident, folder, settings, write_logs))
        begun = time.monotonic()
        rows = write_logs(folder, settings)
        made = time.monotonic()
        found = measure(Pack.load(options.pack, folder / "watchlists"), folder / "logs", settings, options.rule)
        print(f"logs {made - begun:.0f} s, hunt {time.monotonic() - made:.0f} s", file=sys.stderr)
    if options.markdown:
        options.markdown.write_text(markdown(found, rows, settings), "utf-8")
    print(json.dumps(found.record(rows), indent=2) if options.json else shown(found, rows, settings))
    raise SystemExit(1 if found.broken else 0)


if __name__ == "__main__":
    main()

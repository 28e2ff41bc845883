"""Make the logs of the incidents: the same files each time.

python makers/incidents/make.py [NAME …]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(_ROOT))

from casetrail.incidents.story import read_incident  # noqa: E402
from casetrail.pack.pack import Pack  # noqa: E402
from casetrail.pack.watchlist import other_length  # noqa: E402
from makers.incidents import okta_2023, okta_2023_customers, salesloft_drift_2025, unc6040_2025  # noqa: E402
from makers.incidents.logbook import Logbook  # noqa: E402
from makers.incidents.pages import readme  # noqa: E402

_INCIDENTS = _ROOT / "fixtures" / "incidents"
STORIES: dict[str, dict[str, Callable[[], Logbook]]] = {
    "okta-2023": {"orvane": okta_2023.vendor, **okta_2023_customers.CUSTOMERS},
    "salesloft-drift-2025": {"halden": salesloft_drift_2025.halden},
    "unc6040-2025": {"lindqvist": unc6040_2025.lindqvist},
}


def made(name: str) -> dict[Path, bytes]:
    """The files of an incident by path, README and the watchlist of service accounts among them."""
    files: dict[Path, bytes] = {}
    folder = _INCIDENTS / name
    for company, story in STORIES[name].items():
        book = story()
        files |= book.write(folder / company)
        files |= {folder / "watchlists" / company / name: content for name, content in watchlists(book).items()}
    files[folder / "README.md"] = readme(read_incident(Pack.load(_ROOT), name), files)
    return files


def watchlists(book: Logbook) -> dict[str, bytes]:
    """The company's own lists by file name: as the story has them, and the accounts that no person signs in with.

    Those are told by the names of their parts, and listed by their ids in both lengths and their user names.
    """
    listed = dict(book.lists)
    accounts = [
        (value, name)
        for name, part in book.parts["salesforce/eventlogfile"].items()
        if name.startswith("svc-") and "USER_ID" in part
        for value in (part["USER_ID"], other_length(part["USER_ID"]), part["USER_NAME"])
    ]
    if accounts:
        listed["service_accounts"] = accounts
    return {
        f"{name}.csv": ("value,note\n" + "".join(f"{value},{note}\n" for value, note in values)).encode()
        for name, values in listed.items()
    }


def main() -> None:
    for name in sys.argv[1:] or STORIES:
        for path, content in made(name).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"{len(content):>9}  {path.relative_to(_ROOT)}")


if __name__ == "__main__":
    main()

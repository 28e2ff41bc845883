"""Make the logs of the incidents: the same files each time.

python bench/incidents/make.py [NAME …]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(_ROOT))

from bench.incidents import okta_2023, okta_2023_customers  # noqa: E402
from bench.incidents.logbook import Logbook  # noqa: E402
from bench.incidents.pages import readme  # noqa: E402
from casetrail.incidents.story import read_incident  # noqa: E402
from casetrail.pack.pack import Pack  # noqa: E402
from casetrail.pack.watchlist import other_length  # noqa: E402

_INCIDENTS = _ROOT / "fixtures" / "incidents"
STORIES: dict[str, dict[str, Callable[[], Logbook]]] = {
    "okta-2023": {"orvane": okta_2023.vendor, **okta_2023_customers.CUSTOMERS},
}


def made(name: str) -> dict[Path, bytes]:
    """The files of an incident by path, README and the watchlist of service accounts among them."""
    files: dict[Path, bytes] = {}
    folder = _INCIDENTS / name
    for company, story in STORIES[name].items():
        book = story()
        files |= book.write(folder / company)
        files[folder / "watchlists" / company / "service_accounts.csv"] = accounts(book)
    files[folder / "README.md"] = readme(read_incident(Pack.load(_ROOT), name), files)
    return files


def accounts(book: Logbook) -> bytes:
    """The accounts that no person signs in with, as the company lists them: ids in both lengths, and user names."""
    lines = ["value,note"]
    for name, part in book.parts["salesforce/eventlogfile"].items():
        if name.startswith("svc-"):
            identity, mail = str(part["USER_ID"]), str(part["USER_NAME"])
            lines += [f"{identity},{name}", f"{other_length(identity)},{name}", f"{mail},{name}"]
    return ("\n".join(lines) + "\n").encode()


def main() -> None:
    for name in sys.argv[1:] or STORIES:
        for path, content in made(name).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"{len(content):>9}  {path.relative_to(_ROOT)}")


if __name__ == "__main__":
    main()

"""`python -m casetrail.pages docs` writes the pages of docs/rules/ and docs/coverage.md."""

from __future__ import annotations

import sys
from pathlib import Path

from casetrail.pack.files import documents
from casetrail.pack.pack import Pack
from casetrail.pages.coverage import coverage_page
from casetrail.pages.site import site


def main(docs: Path) -> None:
    """Write the pages below a folder, and remove those of rules that are gone."""
    pages = site(Pack.load(docs.parent), docs)
    folder = docs / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, "utf-8")
    covered = docs / "coverage.yml"
    if covered.is_file():
        (document,) = documents(covered)
        (docs / "coverage.md").write_text(coverage_page(document), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

"""A customer's own, laid over a pack without touching it: settings, rules, filters, cases, watchlists and thresholds.

| in the folder | what it is |
|---|---|
| `casetrail.yml` | levels, disabled rules, and what is otherwise at each SIEM |
| `thresholds.yml` | numbers and timespans of correlations |
| `watchlists/*.csv` | lists in place of the pack's, and those that own rules ask for |
| `rules/`, `filters/` | own rules, and Sigma filters on those of the pack |
| `fixtures/` | cases of own rules, and cases in place of the pack's |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casetrail.pack.fault import Fault, unreadable
from casetrail.pack.files import Files
from casetrail.pack.thresholds import FILE as THRESHOLDS
from casetrail.pack.thresholds import Unused
from casetrail.reading.schema import form_faults
from casetrail.reading.yaml import START, Document, YamlError

SETTINGS = "casetrail.yml"


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is laid over a pack.

    folder: its top; None where there are only lists and thresholds. lists: the folder of watchlists; thresholds: the file of them.
    settings: `casetrail.yml` as read; None where there is none.
    disabled: reasons by the rule's name; targets: settings by the target's name, as `overlay.schema.json` has them.
    """

    folder: Path | None
    lists: Path
    thresholds: Path
    settings: Document | None = None
    levels: Mapping[str, str] = field(default_factory=dict)
    disabled: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def own_files(self) -> list[Path]:
        """The files of own rules and filters."""
        if self.folder is None:
            return []
        return [path for name in ("rules", "filters") for path in sorted((self.folder / name).rglob("*.yml"))]

    def holds(self, path: Path) -> bool:
        """Whether a file is of this folder, and not of the pack below it."""
        return self.folder is not None and self.folder.resolve() in path.resolve().parents

    def at(self, message: str, *keys: str) -> Unused:
        """An idle entry of `casetrail.yml`."""
        place = self.settings.position(keys) if self.settings else START
        return Unused((self.folder or self.lists) / SETTINGS, place, message)


def only_lists(folder: Path) -> Overlay:
    """A folder with no more than watchlists and thresholds, as `--watchlists` names it."""
    return Overlay(None, folder, folder / THRESHOLDS)


def read_overlay(folder: Path, files: Files) -> tuple[Overlay, list[Fault]]:
    """The overlay in a folder, and why its settings can't be read or aren't of their schema's form."""
    found, faults = _settings(folder, files)
    data: Mapping[str, Any] = found.data or {} if found and not faults else {}
    overlay = Overlay(
        folder,
        folder / "watchlists",
        folder / THRESHOLDS,
        found,
        data.get("levels") or {},
        data.get("disabled") or {},
        data.get("targets") or {},
    )
    return overlay, faults


def _settings(folder: Path, files: Files) -> tuple[Document | None, list[Fault]]:
    path = folder / SETTINGS
    if not folder.is_dir():
        return None, [Fault("yaml", folder, None, f"no such folder; `casetrail init {folder}` makes one")]
    if not path.is_file():
        return None, [Fault("yaml", path, None, "no such file; `casetrail init` makes a folder that has one")]
    try:
        found = next(iter(files.read(path)), None)
    except YamlError as error:
        return None, [unreadable(path, error)]
    wrong = form_faults("overlay", found.data) if found else ()
    return found, [Fault("schema", path, found.position(keys), words) for words, keys in wrong if found]

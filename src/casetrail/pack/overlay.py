"""A customer's own, laid over a pack without touching it: settings, rules, filters, cases, watchlists and thresholds.

| in the folder | what it is |
|---|---|
| `casetrail.yml` | levels, intervals, disabled rules, and what is otherwise at each SIEM |
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

from casetrail.logs.contract import parse_span
from casetrail.pack.fault import Fault
from casetrail.pack.files import RULES, THRESHOLDS, Files, yaml_files
from casetrail.pack.settings import SETTINGS, Settings, read_settings, says
from casetrail.pack.thresholds import Unused


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is laid over a pack.

    folder: its top; None where there are only lists and thresholds. lists: the folder of watchlists; thresholds: the file of them.
    settings: what its `casetrail.yml` says; disabled: reasons by the rule's name; targets: settings by the target's name.
    intervals: how often searches run, by the rule's name (`rules`) and by its level (`levels`), such as 5m.
    """

    folder: Path | None
    lists: Path
    thresholds: Path
    settings: Settings = field(default_factory=Settings)
    levels: Mapping[str, str] = field(default_factory=dict)
    disabled: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    intervals: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def interval(self, rule: str, level: str) -> int | None:
        """How often the search of a rule runs, in microseconds; None where nobody said so."""
        by_rule, by_level = (self.intervals.get(kind, {}) for kind in ("rules", "levels"))
        said = by_rule.get(rule, by_level.get(level))
        return None if said is None else parse_span(said)

    def own_files(self) -> list[Path]:
        """The files of own rules and filters."""
        if self.folder is None:
            return []
        return [path for name in RULES for path in yaml_files(self.folder / name)]

    def holds(self, path: Path) -> bool:
        """Whether a file is of this folder, and not of the pack below it."""
        return self.folder is not None and self.folder.resolve() in path.resolve().parents

    def at(self, message: str, *keys: str) -> Unused:
        """An idle entry of `casetrail.yml`."""
        return Unused(self.settings.path or self.lists, self.settings.position(*keys), message)


def only_lists(folder: Path) -> Overlay:
    """A folder with no more than watchlists and thresholds, as `--watchlists` names it."""
    return Overlay(None, folder, folder / THRESHOLDS)


def read_overlay(folder: Path, files: Files) -> tuple[Overlay, list[Fault]]:
    """The overlay in a folder, and why its settings can't be read or aren't of their schema's form."""
    settings, faults = Settings(), _missing(folder)
    if not faults:
        settings, faults = read_settings(folder, files)
    overlay = Overlay(
        folder,
        folder / "watchlists",
        folder / THRESHOLDS,
        settings,
        settings.data.get("levels") or {},
        settings.data.get("disabled") or {},
        settings.targets,
        settings.data.get("intervals") or {},
    )
    return overlay, faults


def _missing(folder: Path) -> list[Fault]:
    if not folder.is_dir():
        return [Fault("yaml", folder, None, f"no such folder; `casetrail init {folder}` makes one")]
    if says(folder) is None:
        return [Fault("yaml", folder / SETTINGS, None, "no such file; `casetrail init` makes a folder that has one")]
    return []

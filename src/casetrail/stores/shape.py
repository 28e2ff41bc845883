"""What a vendor's own pipeline stores of a row, as it was measured: the proof stores events so, whatever names the queries use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a field's values go to.

    form: how the pipeline puts them, by a name of `casetrail.engines.forms`; empty where they stay as they are.
    """

    name: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one variant of a pipeline (a version of it, a setting of its user's) stores of a log source's rows.

    variant: what sets it apart, in words; version: the pipeline's, which a field's `since` compares with.
    types: the types of columns that aren't keyword, the roots of flattened objects among them.
    fields: the columns of a field by its path; one that isn't there is not stored.
    mapped: all columns that an index of this version knows, filled or not.
    generation: the vendor's way in that stores so, as the backend names it; empty where there is one.
    inferred: the fields whose columns nobody has published or seen; they follow from others.
    """

    source: str
    variant: str
    version: str
    fields: Mapping[str, tuple[Column, ...]]
    types: Mapping[str, str] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()
    generation: str = ""
    inferred: frozenset[str] = frozenset()

    @property
    def filled(self) -> frozenset[str]:
        """The columns that some row may have."""
        return frozenset(column.name for columns in self.fields.values() for column in columns)


def reached(version: str, since: str) -> bool:
    """Whether a version is one from which on there is something; `since` is empty where there always was."""
    return not since or _numbers(version) >= _numbers(since)


def latest(*versions: str) -> str:
    """The latest of some versions; empty where all are."""
    return max(filter(None, versions), key=_numbers, default="")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))

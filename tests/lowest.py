"""The lower bounds of pyproject.toml as constraints for pip: `python -m tests.lowest > constraints.txt`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

_BOUND = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,-]+\])?[>=]=(?P<version>[\w.]+)")


def lowest() -> Iterator[str]:
    """`name==version` for each requirement that casetrail or its tests name with a lower bound; the lower of two."""
    told = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    project = told["project"]
    extras = chain.from_iterable(project["optional-dependencies"].values())
    named = [*project["dependencies"], *extras, *told["dependency-groups"]["test"]]
    found: dict[str, str] = {}
    for requirement in named:
        bound = _BOUND.match(requirement)
        if bound is None:
            raise ValueError(f"{requirement}: it has no lower bound")
        found.setdefault(bound["name"].lower(), bound["version"])
    for name, version in sorted(found.items()):
        yield f"{name}=={version}"


if __name__ == "__main__":
    print("\n".join(lowest()))

"""What casetrail depends on has bounds, and what is installed lies within them. `tox -e lowest` runs all tests at the lower ones."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from packaging.version import Version

from tests.lowest import lowest


def test_every_dependency_has_a_lower_bound_that_is_kept() -> None:
    below = []
    for pinned in lowest():
        name, _, bound = pinned.partition("==")
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue
        if Version(installed) < Version(bound):
            below.append(f"{name} {installed} < {bound}")
    assert below == []
    assert len(list(lowest())) > 10

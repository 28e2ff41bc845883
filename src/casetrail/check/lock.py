"""Checking that meanings and versions go together, by the pack's lock."""

from __future__ import annotations

from collections.abc import Iterator

from casetrail.pack.fault import Fault
from casetrail.pack.files import PackError
from casetrail.pack.lock import breaches
from casetrail.pack.lockfile import FILE, read_lock
from casetrail.pack.pack import Pack


def lock_faults(pack: Pack) -> Iterator[Fault]:
    """Where a pack and its lock part; nothing where it has none, or while of some rule there is no telling."""
    path = pack.folder / FILE
    try:
        lock = read_lock(pack.folder)
        found = list(breaches(pack, lock)) if lock is not None and not pack.sources.faults else []
    except PackError as error:
        yield Fault("schema", path, None, str(error).removeprefix(f"{path}: "))
        return
    for breach in found:
        if breach.lint == "lock-gone":
            yield Fault(breach.lint, path, None, breach.message)
        else:
            document = pack.rules[breach.rule].document
            yield Fault(breach.lint, document.path, document.position(["casetrail", "version"]), breach.message)

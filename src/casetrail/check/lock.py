"""Checking that meanings and versions go together, by the pack's lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from casetrail.check.findings import Fault
from casetrail.pack.files import PackError
from casetrail.pack.lock import breaches
from casetrail.pack.lockfile import FILE, read_lock
from casetrail.pack.overlay import named
from casetrail.pack.pack import Pack
from casetrail.reading.yaml import START, Document


def lock_faults(pack: Pack, documents: Sequence[Document]) -> Iterator[Fault]:
    """Where a pack and its lock part; nothing where it has none. documents: of its rules."""
    path = pack.folder / FILE
    try:
        lock = read_lock(pack.folder)
        found = list(breaches(pack, lock)) if lock is not None else []
    except PackError as error:
        yield Fault("schema", path, START, str(error).removeprefix(f"{path}: "))
        return
    by_name = {named(document.data): document for document in documents}
    for breach in found:
        document = by_name.get(breach.rule) if breach.lint != "lock-gone" else None
        if document is None:
            yield Fault(breach.lint, path, START, breach.message)
        else:
            yield Fault(breach.lint, document.path, document.position(["casetrail", "version"]), breach.message)

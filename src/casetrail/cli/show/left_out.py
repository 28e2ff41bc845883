"""What was left out: said by each command that goes on without it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from casetrail.cli.show.terminal import count, say
from casetrail.reading.spelled import printable

if TYPE_CHECKING:
    from casetrail.pack.cases import CaseFile
    from casetrail.pack.pack import Pack


_NAMED = 20


def tell(pack: Pack, names: Iterable[str] = ()) -> bool:
    """Say what of all rules, or of those named, is left out and why; give whether any of them can't be compiled."""
    found = pack.left_out(names)
    for one in found[:_NAMED]:
        say(printable(f"left out: {one}"))
    if len(found) > _NAMED:
        say(f"left out: {len(found) - _NAMED} more")
    broken = sum(one.broken for one in found)
    if broken:
        say(f"{count(broken, 'rule')} can't be compiled; `casetrail check` says more, and --strict makes it an error")
    return bool(broken)


def compiled(pack: Pack, files: Iterable[CaseFile]) -> list[CaseFile]:
    """The case files whose rule can be compiled; says which can't. A rule that isn't there stays, for whoever runs it to tell."""
    why = {each: one for one in pack.left_out() if one.broken for each in (one.rule, *one.also)}
    kept = []
    for file in files:
        if file.rule in why:
            say(printable(f"left out: {file.path}: the rule {file.rule} can't be compiled: {why[file.rule]}"))
        else:
            kept.append(file)
    return kept

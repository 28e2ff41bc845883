"""What a language or a SIEM can't say, with the reason."""

from __future__ import annotations

from typing import Never


class UnsupportedError(Exception):
    """A language or a SIEM's store can't say a part of a rule. The reason is one sentence, for the rule's author.

    `rule` and `target` are filled in by whoever knows them.
    """

    def __init__(self, reason: str, rule: str = "", target: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.rule = rule
        self.target = target

    def __str__(self) -> str:
        return ": ".join(part for part in (self.rule, self.target, self.reason) if part)


def unknown(value: Never) -> UnsupportedError:
    """What the last case of a `match` in a language raises: a type checker wants every member said, and a new one is refused by name."""
    return UnsupportedError(f"{value} can't be said here")

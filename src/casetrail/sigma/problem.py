"""Why a rule, or a part of it, has no meaning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a rule, or a part of it, has no meaning.

    lint: the name of an entry of the lint catalogue; subject: the field, name or value in the rule's text that it is
    about, empty for the rule as a whole; value: the one of the watchlist that it is about.
    """

    lint: str
    message: str
    subject: str = ""
    value: str = ""


class Refused(Exception):
    """A part of a rule has no meaning; `problem` says why."""

    def __init__(self, lint: str, message: str, subject: str = "", value: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(lint, message, subject, value)

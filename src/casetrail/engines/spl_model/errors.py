"""Why the model refuses: text it can't read, meaning that isn't documented, a limit that would cut in silence."""

from __future__ import annotations


class SplError(ValueError):
    """The model can't run this text. The message says what is wrong and, where known, the offset in the text."""

    def __init__(self, what: str, at: int | None = None) -> None:
        super().__init__(what if at is None else f"{what} (at offset {at})")
        self.at = at


class UnspecifiedError(SplError):
    """Splunk's documentation doesn't say what comes out, so the model says nothing rather than guess."""


class LimitError(SplError):
    """Splunk would cut the results here, with a warning at most."""

    def __init__(self, what: str, at: int | None = None) -> None:
        super().__init__(f"limit: {what}", at)

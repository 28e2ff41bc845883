"""What a command is doing, told now and then while it takes long."""

from __future__ import annotations

from threading import Event, Thread
from types import TracebackType

from casetrail.cli.show.terminal import say

_SECONDS = 4


class Working:
    """Within it, what is being done is said on the standard error every few seconds; nothing where all is done before."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._over = Event()
        self._thread = Thread(target=self._tell, daemon=True)

    def on(self, doing: str) -> None:
        """From now on this is being done."""
        self._doing = doing

    def __enter__(self) -> Working:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _tell(self) -> None:
        while not self._over.wait(_SECONDS):
            say(f"… {self._doing}")

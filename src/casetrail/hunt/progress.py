"""How far a hunt is, for whoever wants to look while it runs."""

from __future__ import annotations

from collections.abc import Callable


class Progress:
    """What a hunt is doing. A watcher reads it from a thread of its own, as often as it likes.

    doing: in words; total: bytes of all files.
    """

    def __init__(self) -> None:
        self.doing = "looking for files"
        self.total = 0
        self._before = 0
        self._size = 0
        self._within: Callable[[], float] = lambda: 0.0

    def reads(self, name: str, size: int) -> None:
        """The next file begins; `size` in bytes, as it lies on the disk."""
        self._before += self._size
        self.doing, self._size = f"reading {name}", size
        self._within = lambda: 0.0

    def follows(self, within: Callable[[], float]) -> None:
        """Where to learn how much of the file is done, from 0 to 1."""
        self._within = within

    def works(self, doing: str) -> None:
        """All files are read; something else is being done."""
        self.doing, self._before, self._size = doing, self.total, 0
        self._within = lambda: 0.0

    @property
    def done(self) -> int:
        """The bytes read so far."""
        return min(self.total, self._before + int(self._size * min(1.0, max(0.0, self._within()))))

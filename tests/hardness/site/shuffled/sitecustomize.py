"""For a child process: folders give their entries in another order, by the seed in SHUFFLE."""

import os
import random
from collections.abc import Iterator
from typing import Any

_listdir, _scandir = os.listdir, os.scandir
_random = random.Random(os.environ["SHUFFLE"])


def listdir(*args: Any) -> list[Any]:
    names = _listdir(*args)
    _random.shuffle(names)
    return names


class scandir:  # noqa: N801
    """In place of os.scandir's iterator, which is a context manager too."""

    def __init__(self, *args: Any) -> None:
        with _scandir(*args) as entries:
            self.entries = list(entries)
        _random.shuffle(self.entries)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if not self.entries:
            raise StopIteration
        return self.entries.pop()

    def __enter__(self) -> "scandir":
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        self.entries = []


os.listdir = listdir  # type: ignore[assignment]
os.scandir = scandir  # type: ignore[assignment]

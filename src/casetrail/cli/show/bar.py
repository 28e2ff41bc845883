"""A bar that shows how far a hunt is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from casetrail.hunt.progress import Progress
from casetrail.reading.spelled import printable


@contextmanager
def bar(console: Console) -> Iterator[Progress]:
    """What to give to the hunt. The bar is gone when it is over."""
    progress = Progress()
    columns = (_Doing(progress), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with _Watching(*columns, console=console, transient=True) as watching:
        watching.watch(progress)
        yield progress


class _Doing(TextColumn):
    def __init__(self, progress: Progress) -> None:
        super().__init__("")
        self.progress = progress

    def render(self, task: object) -> Text:
        return Text(printable(self.progress.doing), overflow="ellipsis", no_wrap=True)


class _Watching(Bar):
    progress: Progress | None = None

    def watch(self, progress: Progress) -> None:
        self.add_task("", total=None)
        self.progress = progress

    def get_renderables(self) -> Iterable[RenderableType]:
        if self.progress is not None:
            for task in self.task_ids:
                self.update(task, total=self.progress.total or None, completed=self.progress.done)
        yield from super().get_renderables()

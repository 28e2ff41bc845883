"""The cases of the support system and the files in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from company.assumptions import rate
from company.chance import Chance
from company.event import Event
from company.networks import OFFICES, home
from company.people import Company
from company.salesforce import elf, file_moved, long_record, record
from company.times import DAY

_CASES = 900_000
_KEPT = 4_000
_CUSTOMERS = 4_000
_NAMES = (
    ("app-server", "log", 2e6), ("screenshot", "png", 3e5), ("diagnostics", "zip", 2e7), ("config export", "xml", 6e4),
    ("order", "pdf", 4e5), ("recording", "mp4", 5e7), ("settings", "json", 2e4), ("description", "docx", 2e5),
    ("thread dump", "txt", 5e5),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    number: int
    title: str
    size: int
    case: int
    at: int

    @property
    def trace(self) -> bool:
        return self.title.endswith(".har")


class Archive:
    """The latest files, and the traces that nobody has taken yet."""

    def __init__(self, company: Company, draw: Chance) -> None:
        self.company = company
        self.number = 0
        self.files: deque[File] = deque(maxlen=max(200, round(_KEPT * company.share)))
        self.waiting: list[File] = []
        self.day: list[File] = []
        for _ in range(self.files.maxlen or 0):
            self.add(0, draw)
        self.waiting.clear()

    def add(self, at: int, draw: Chance, case: int | None = None) -> File:
        """A new file in a case, of any if none is named."""
        self.number += 1
        if draw.happens(rate("salesforce.traces")):
            title, size = f"browser trace {self.number}.har", draw.heavy(8e6)
        else:
            name, kind, mean = draw.choice(_NAMES)
            title, size = f"{name} {self.number}.{kind}", draw.heavy(mean, 1.2)
        file = File(self.number, title, size, self.any_case(draw) if case is None else case, at)
        self.files.append(file)
        self.day.append(file)
        if file.trace and draw.happens(rate("salesforce.traces_taken")):
            self.waiting.append(file)
        return file

    def any_case(self, draw: Chance) -> int:
        """One of the open cases."""
        return _CASES + draw.randrange(max(100, round(9000 * self.company.share)))

    def any_file(self, draw: Chance) -> File:
        """A file of the last days, the newer the likelier."""
        place = int(len(self.files) * (1 - draw.random() ** 2))
        return self.files[min(place, len(self.files) - 1)]


def uploads(archive: Archive, day: int, draw: Chance) -> Iterator[Event]:
    """What customers upload in the portal; now and then a bundle into one case."""
    archive.day = []
    moments = draw.moments(draw.count(archive.company.some("salesforce.customer_files_a_day")), day * DAY, (day + 1) * DAY)
    for at in moments:
        customer = draw.randrange(_CUSTOMERS)
        network = home(4000 + customer % 3000, customer, OFFICES[customer % len(OFFICES)])
        file = archive.add(at, draw)
        name = f"customer{customer}@client{customer % 700}.example"
        user, key = f"0055g00000{20000 + customer:05d}", f"{draw.getrandbits(64):016x}"
        yield from file_moved(
            at, draw, user, name, network, key, file=file.number, title=file.title, size=file.size, action="UPLOAD"
        )
        yield elf(
            "ContentDocumentLink", at + 100, draw, user, DOCUMENT_ID=record("069", file.number),
            SHARED_WITH_ENTITY_ID=record("500", file.case % 1_000_000), SHARING_OPERATION="INSERT", SHARING_PERMISSION="V",
        )  # fmt: skip


def case_id(number: int) -> str:
    return long_record("500", number)

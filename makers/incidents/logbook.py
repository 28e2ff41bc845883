"""A company's log as it is made: lines by log source, and the parts that they name."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ELF, RTEM, TRAIL, LOGINS = (f"salesforce/{name}" for name in ("eventlogfile", "realtime", "setupaudittrail", "loginhistory"))
OKTA = "okta/okta"
CHROME, ADMIN = "gcp/google_workspace.chrome", "gcp/google_workspace.admin"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
Part = Mapping[str, Any]


def moment(text: str) -> datetime:
    """A time such as `2023-09-28 14:41:07`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Logbook:
    """Lines and parts of one company.

    delays: how long after its event a row of a source comes, where not as `arrival` has it; ask `late` for gaps.
    """

    def __init__(self, seed: str) -> None:
        self.draw = random.Random(seed)
        self.seed = seed
        self.parts: defaultdict[str, dict[str, Part]] = defaultdict(dict)
        self.lines: defaultdict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
        self.files: list[tuple[str, str, str]] = []
        self.lists: dict[str, list[tuple[str, str]]] = {}
        self.late: list[tuple[datetime, datetime, str, datetime]] = []
        self.hours: dict[tuple[str, datetime], timedelta] = {}
        self.sessions = 0

    def part(self, name: str, **by_source: Part) -> str:
        """Name a part, with what it says in each log: `elf`, `rtem`, `trail`, `logins`, `okta`, `chrome`, `admin`."""
        short = {"elf": ELF, "rtem": RTEM, "trail": TRAIL, "logins": LOGINS, "okta": OKTA, "chrome": CHROME, "admin": ADMIN}
        for source, part in by_source.items():
            self.parts[short[source]][name] = part
        return name

    def text(self, length: int) -> str:
        return "".join(self.draw.choice(_LETTERS) for _ in range(length))

    def hexadecimal(self, length: int) -> str:
        return f"{self.draw.getrandbits(length * 4):0{length}x}"

    def name_for(self, source: str) -> str:
        match source:
            case "okta/okta" | "salesforce/realtime":
                return f"{self.hexadecimal(8)}"
            case "salesforce/loginhistory":
                return f"0Ya{self.text(8)}"
            case "setupaudittrail":
                return f"0Ym{self.text(12)}"
            case "salesforce/eventlogfile":
                return self.text(9)
        return str(self.draw.randrange(10**17, 10**18))

    def add(
        self,
        source: str,
        event: str,
        at: datetime,
        *like: str,
        row: Part | None = None,
        fact: str = "",
        name: str = "",
        arrived: datetime | None = None,
    ) -> str:
        """Write a line; its name comes back. event: without its folder, as `elf_login`."""
        at = at.replace(microsecond=0)
        name = name or self.name_for(source)
        came = (arrived or self.arrival(source, event, at)).replace(microsecond=0)
        line: dict[str, Any] = {"at": _written(at), "arrived": _written(came), "id": name}
        line["like"] = [event, *(part for part in like if part in self.parts[source])]
        if row:
            line["row"] = row
        if fact:
            line["fact"] = fact
        self.lines[source].append((came, at, json.dumps(line, ensure_ascii=False, separators=(",", ":"))))
        return name

    def arrival(self, source: str, event: str, at: datetime) -> datetime:
        """When a row comes: event log files by the hour and the type, the rest by polls and streams."""
        for start, end, kind, came in self.late:
            if start <= at < end and kind in (source, f"{source} {event}"):
                return came + timedelta(seconds=self.draw.randrange(60))
        match source:
            case "salesforce/eventlogfile":
                hour = at.replace(minute=0, second=0, microsecond=0)
                if (event, hour) not in self.hours:
                    own = random.Random(f"{self.seed} {event} {hour:%Y%m%d%H}")
                    self.hours[event, hour] = timedelta(hours=1, minutes=own.randrange(180, 300))
                return _polled(hour + self.hours[event, hour], 10)
            case "salesforce/loginhistory" | "setupaudittrail":
                return _polled(at + timedelta(seconds=30), 15)
            case "gcp/google_workspace.chrome":
                return at + timedelta(seconds=self.draw.randrange(240, 2400))
            case "gcp/google_workspace.admin":
                return at + timedelta(seconds=self.draw.randrange(90, 600))
        return at + timedelta(seconds=self.draw.randrange(8, 75))

    def write(self, folder: Path) -> dict[Path, bytes]:
        """The files of the company, by path."""
        parts = {
            source: json.dumps(known, ensure_ascii=False, separators=(",", ":")) for source, known in self.parts.items()
        }
        rows = [
            f'"{source}":{{\n'
            + ",\n".join(f"{json.dumps(name)}:{_dumped(part)}" for name, part in sorted(self.parts[source].items()))
            + "\n}"
            for source in sorted(parts)
        ]
        made = {folder / "parts.json": ("{\n" + ",\n".join(rows) + "\n}\n").encode()}
        for source, lines in self.lines.items():
            content = "".join(line + "\n" for _, _, line in sorted(lines))
            made[folder / f"{source.replace('/', '.', 1)}.ndjson"] = content.encode()
        if self.files:
            listed = "".join(f"{','.join(known)}\n" for known in sorted(self.files))
            made[folder / "files.csv"] = ("document,name,owner\n" + listed).encode()
        return made


def _dumped(part: Part) -> str:
    return json.dumps(part, ensure_ascii=False, separators=(",", ":"))


def _polled(moment: datetime, minutes: int) -> datetime:
    """The first poll after a time, and the while that it takes."""
    whole = moment.replace(minute=0, second=0, microsecond=0)
    steps = (moment - whole) // timedelta(minutes=minutes) + 1
    return whole + timedelta(minutes=minutes) * steps + timedelta(seconds=20)


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

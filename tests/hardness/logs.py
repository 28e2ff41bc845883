"""Hostile log folders, and what a hunt must say of each: which events it keeps, and whether it says that events were lost.

    python -m tests.hardness.logs       # all of them, the large ones too: as `make hardness`

A folder is data: files by their path, or a function that makes what is no file. Each holds good events beside what is hostile, so that
what is lost beside it is seen.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import socket
import struct
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import zstandard

from tests.cli.ways import okta, run, small_pack

MANY = 30
"""Good rows of a file that is to be read the fast way: more than a hunt looks at before it chooses."""
SECONDS = 60
"""The most of the processor's time that a large log may take."""
MEMORY = 1024 * 1024 * 1024
"""The most that the process may ever hold."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """A folder of logs.

    kept: the ids of events that the rule finds; lost: whether events or files were lost, which is exit code 2; told: what is said of it.
    files: content by path; make: makes what else is in the folder.
    """

    name: str
    kept: frozenset[str]
    lost: bool
    told: str = ""
    files: Mapping[str, bytes] | None = None
    make: Callable[[Path], None] | None = None

    def write(self, folder: Path) -> Path:
        for path, content in (self.files or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        if self.make:
            self.make(folder)
        return folder


def good(count: int, first: int = 0) -> list[bytes]:
    return [json.dumps(okta(f"e{number}", number)).encode() for number in range(first, first + count)]


def ids(count: int, first: int = 0) -> frozenset[str]:
    return frozenset(f"e{number}" for number in range(first, first + count))


def joined(rows: list[bytes]) -> bytes:
    return b"\n".join(rows) + b"\n"


def with_agent(value: bytes) -> bytes:
    """A row whose user agent, which the sender of a request chooses, is this JSON, or what is meant to be JSON."""
    return good(1, 500)[0].removesuffix(b"}") + b', "client": {"userAgent": {"rawUserAgent": ' + value + b"}}}"


TEN = joined(good(10))
KEPT = ids(10)

AGENTS = {
    "lone surrogate": (rb'"\ud800"', "lone surrogate"),
    "low surrogate": (rb'"a\udfffb"', "lone surrogate"),
    "surrogates in the wrong order": (rb'"\udc00\ud800"', "lone surrogate"),
    "NUL": (b'"a\x00b"', "control character"),
    "escape character": (b'"\x1b[2J"', "control character"),
    "tab": (b'"a\tb"', "control character"),
    "bad UTF-8": (b'"\xff\xfe"', "bad UTF-8"),
    "overlong UTF-8": (b'"\xc0\xaf"', "bad UTF-8"),
    "a surrogate as UTF-8": (b'"\xed\xa0\x80"', "bad UTF-8"),
    "cut UTF-8": (b'"\xe2\x82"', "bad UTF-8"),
    "Latin-1": (b'"caf\xe9"', "bad UTF-8"),
    "NaN": (b"NaN", "isn't finite"),
    "Infinity": (b"Infinity", "isn't finite"),
    "minus Infinity": (b"-Infinity", "isn't finite"),
    "1e999": (b"1e999", "isn't finite"),
    "400 digits": (b"7" * 400, "isn't finite"),
    "5,000 digits": (b"7" * 5000, "isn't finite"),
    "unknown escape": (rb'"a\qb"', "unknown escape"),
    "cut escape": (rb'"a\u12"', "unknown escape"),
    "a comma too many": (b'["a",]', "comma before"),
    "NUL by an escape": (rb'"a\u0000b"', ""),
    "a noncharacter": (rb'"\uffff"', ""),
    "bidirectional marks": ('"\u202egpj.exe"'.encode(), ""),
    "ten thousand combining marks": (('"e' + "\u0301" * 10_000 + '"').encode(), ""),
    "a megabyte": (b'"' + b"x" * 1_000_000 + b'"', ""),
    "a number of 25 digits": (b"1" * 25, ""),
    "a list within lists": (b"[" * 100 + b"]" * 100, ""),
    "a key twice": (b'"a", "rawUserAgent": "b"', ""),
}


def agents() -> Iterator[Hostile]:
    for name, (value, told) in AGENTS.items():
        row = with_agent(value)
        yield Hostile(f"{name}, first", KEPT | {"e500"}, False, told, {"log.ndjson": joined([row, *good(10)])})
        fast = joined([*good(MANY), row, *good(MANY, 100)])
        kept = ids(MANY) | {"e500"} | ids(MANY, 100)
        # Where no rule looks at it, the fast way doesn't either.
        yield Hostile(f"{name}, after many", kept, False, "", {"log.ndjson": fast})
    for name, (value, told) in AGENTS.items():
        if b"\x00" not in value:
            yield Hostile(
                f"{name}, alone and packed",
                frozenset({"e500"}),
                False,
                told,
                {"log.json.gz": gzip.compress(with_agent(value))},
            )


LINES: dict[str, tuple[bytes, bool]] = {
    "a cut row": (b'{"uuid": "x', True),
    "a line of syslog": (b"Jan 15 09:00:00 host sshd[1]: hello", True),
    "a line in brackets": (b"[INFO] began", True),
    "brackets that are none": (b"[{]", True),
    "a bracket": (b"]", True),
    "a number": (b"17", False),
    "null": (b"null", False),
    "a text": (b'"x"', False),
    "an empty list": (b"[]", False),
    "an empty object": (b"{}", False),
    "a list of numbers": (b"[1, 2]", False),
    "blanks": (b"   \t ", False),
    "NUL bytes": (b"\x00" * 64, False),
    "a comment": (b"# end of log", True),
    "a thousand brackets": (b"[" * 1000, True),
    "a hundred thousand brackets": (b"[" * 100_000, True),
    "very deep": (b'{"a":' * 5000 + b"1" + b"}" * 5000, True),
    "another log": (b'{"hello": "world"}', False),
    "two rows on one line": (b'{"a": 1}{"a": 2}', False),
    "a row and the start of one on a line": (b'{"a": 1}{"a": ', True),
    "a row and words on a line": (b'{"a": 1} and so on', True),
    "single quotes": (b"{'uuid': 'x'}", True),
    "bytes of no text": (bytes(range(128, 256)), True),
}


def lines() -> Iterator[Hostile]:
    for name, (line, lost) in LINES.items():
        yield Hostile(f"{name}, first", KEPT, lost, "", {"log.ndjson": line + b"\n" + TEN})
        rows = joined([*good(MANY), line, *good(MANY, 100)])
        yield Hostile(f"{name}, within", ids(MANY) | ids(MANY, 100), lost, "", {"log.ndjson": rows})
        yield Hostile(f"{name}, last and packed", KEPT, lost, "", {"log.ndjson.zst": zstandard.compress(TEN + line)})


TIMES = {
    "the year 9999 in the west": '"9999-12-31T23:59:59-14:00"',
    "the year 1 in the east": '"0001-01-01T00:00:00+14:00"',
    "the year 0": '"0000-12-31T23:59:59Z"',
    "the year 10000": '"10000-01-01T00:00:00Z"',
    "month 99": '"2026-99-01T00:00:00Z"',
    "yesterday": '"yesterday"',
    "nothing": '""',
    "null": "null",
    "a number": "1768467600",
    "a number far off": "1e300",
    "an object": '{"a": 1}',
    "a list": '["2026-01-15T09:00:00Z"]',
    "an offset of 99 hours": '"2026-01-15T09:00:00+99:00"',
    "a megabyte": '"' + "2" * 1_000_000 + '"',
}
READ = ("a list",)
"""Times that are read after all: a list of one text is that text."""


def times() -> Iterator[Hostile]:
    plain = json.dumps(okta("e500"))
    at = json.dumps(okta("e500")["published"])
    for name, value in TIMES.items():
        row = plain.replace(at, value).encode()
        for place, rows in (("first", [row, *good(10)]), ("after many", [*good(MANY), row])):
            kept = (KEPT if place == "first" else ids(MANY)) | ({"e500"} if name in READ else set())
            yield Hostile(f"time: {name}, {place}", kept, name not in (*READ, "null"), "", {"log.ndjson": joined(rows)})


def zipped(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("log.ndjson", content)
    return made.getvalue()


def tarred(content: bytes, name: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def flipped(content: bytes, at: int) -> bytes:
    at %= len(content)
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


TAR = tarred(TEN, "../../log.ndjson")
GZ, ZST = gzip.compress(TEN, mtime=0), zstandard.compress(TEN)
FOREIGN = {
    "log.zip": (zipped(zipped(TEN)), "ZIP"),
    "log.zip.gz": (gzip.compress(zipped(TEN)), "ZIP"),
    "log.json": (b"PK\x05\x06" + bytes(18), "the archive holds no files"),
    "cut.zip": (zipped(TEN)[:-30], "the archive is cut short"),
    "damaged.zip": (flipped(zipped(TEN), 60), "damaged"),
    "log.tar": (TAR, "tar"),
    "log.tar.gz": (gzip.compress(TAR), "tar"),
    "log.tar.zst": (zstandard.compress(TAR), "tar"),
    "log.bz2": (bz2.compress(TEN), "bzip2"),
    "log.xz": (lzma.compress(TEN), "xz"),
    "log.lzma": (lzma.compress(TEN, lzma.FORMAT_ALONE), "lzma"),
    "log.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "7z"),
    "log.rar": (b"Rar!\x1a\x07\x01\x00" + bytes(40), "RAR"),
    "log.lz4": (b"\x04\x22\x4d\x18" + bytes(40), "lz4"),
    "log.log": (GZ, "gzip"),
    "log.gz.gz": (gzip.compress(GZ), "gzip"),
    "log.zst.gz": (gzip.compress(ZST), "Zstandard"),
    "log": (ZST, "Zstandard"),
    "log.avro": (b"Obj\x01" + bytes(40), "Avro"),
    "log.sqlite": (b"SQLite format 3\x00" + bytes(80), "SQLite"),
    "log.pdf": (b"%PDF-1.7\n" + bytes(40), "PDF"),
    "log.utf16": (TEN.decode().encode("utf-16")[:-1], "UTF-16"),
    "packed.gz": (TEN, "damaged"),
    "packed.zst": (TEN, "damaged"),
    "table.parquet": (TEN, "parquet"),
}


def formats() -> Iterator[Hostile]:
    beside = {"other.ndjson": joined(good(10))}
    for name, (content, told) in FOREIGN.items():
        yield Hostile(f"format: {name}", KEPT, True, told, {name: content, **beside})


LONG = joined(good(2000))
PACKED: dict[str, tuple[str, bytes, int | None, bool]] = {
    "gz with a wrong checksum": ("log.ndjson.gz", flipped(GZ, -6), 10, True),
    "gz with a wrong length": ("log.ndjson.gz", flipped(GZ, -2), 10, True),
    "gz without its end": ("log.ndjson.gz", GZ[:-8], 10, True),
    "gz with half its end": ("log.ndjson.gz", GZ[:-4], 10, True),
    "gz cut in its middle": ("log.ndjson.gz", gzip.compress(LONG)[:9000], None, True),
    "gz spoilt in its middle": ("log.ndjson.gz", flipped(gzip.compress(LONG), 9000), None, True),
    "gz with rubbish behind": ("log.ndjson.gz", GZ + b"rubbish", 10, True),
    "gz with NUL bytes behind": ("log.ndjson.gz", GZ + bytes(512), 10, False),
    "gz of two members": ("log.ndjson.gz", gzip.compress(joined(good(5))) + gzip.compress(joined(good(5, 5))), 10, False),
    "gz whose second member is cut": ("log.ndjson.gz", GZ + GZ[:20], 10, True),
    "gz of a thousand empty members": ("log.ndjson.gz", gzip.compress(b"") * 1000 + GZ, 10, False),
    "gz of a header": ("log.ndjson.gz", GZ[:10], 0, True),
    "gz of nothing": ("log.ndjson.gz", gzip.compress(b""), 0, False),
    "gz of no bytes": ("log.ndjson.gz", b"", 0, False),
    "gz with a long name inside": (
        "log.ndjson.gz",
        b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 70_000 + b"\x00" + GZ[10:],
        10,
        False,
    ),
    "gz of ten million newlines": ("log.ndjson.gz", gzip.compress(b"\n" * 10_000_000 + TEN), 10, False),
    "gz of ten million NUL bytes": ("log.ndjson.gz", gzip.compress(TEN + bytes(10_000_000)), 10, False),
    "zst cut in its middle": ("log.ndjson.zst", zstandard.compress(LONG)[:-200], None, True),
    "zst spoilt": ("log.ndjson.zst", flipped(ZST, len(ZST) // 2), None, True),
    "zst of two frames": (
        "log.ndjson.zst",
        zstandard.compress(joined(good(5))) + zstandard.compress(joined(good(5, 5))),
        10,
        False,
    ),
    "zst with a frame to skip": ("log.ndjson.zst", struct.pack("<II", 0x184D2A50, 4) + b"skip" + ZST, 10, False),
    "zst with rubbish behind": ("log.ndjson.zst", ZST + b"rubbish", 10, True),
    "zst of no bytes": ("log.ndjson.zst", b"", 0, False),
    "zst that asks for a window of a terabyte": ("log.ndjson.zst", b"\x28\xb5\x2f\xfd\x00\xf0" + ZST[6:], None, True),
}


def packed() -> Iterator[Hostile]:
    beside = {"other.ndjson": joined(good(10, 3000))}
    for name, (path, content, count, lost) in PACKED.items():
        kept = None if count is None else ids(count) | ids(10, 3000)
        yield Hostile(name, ids(10, 3000) if kept is None else kept, lost, "", {path: content, **beside})


ROW = good(1)[0]
DOCUMENTS: dict[str, tuple[str, bytes, int, bool]] = {
    "an array": ("log.json", b"[" + b",".join(good(10)) + b"]", 10, False),
    "an array cut": ("log.json", b"[" + b",\n".join(good(10)), 10, True),
    "an array cut after a comma": ("log.json", b"[" + b",\n".join([*good(10), b""]), 10, True),
    "an array and more": ("log.json", b"[" + b",\n".join(good(10)) + b"] x", 10, True),
    "an array without commas": ("log.json", b"[\n" + b"\n".join(good(10)) + b"\n]", 1, True),
    "an array in an array": ("log.json", b"[[" + b",".join(good(10)) + b"]]", 10, False),
    "an array with a lone surrogate": ("log.json", b"[" + b",\n".join([*good(10), rb'"\ud800"']) + b"]", 10, False),
    "an array with NaN": ("log.json", b"[" + b",\n".join([*good(10), b"NaN"]) + b"]", 10, False),
    "an object over lines": ("log.json", json.dumps(okta("e0"), indent=2).encode(), 1, False),
    "an object over lines, cut": ("log.json", json.dumps(okta("e0"), indent=2).encode()[:-20], 0, True),
    "a byte order mark": ("log.ndjson", b"\xef\xbb\xbf" + TEN, 10, False),
    "two byte order marks": ("log.ndjson", b"\xef\xbb\xbf" * 2 + TEN, 10, False),
    "ends of lines as on old Macs": ("log.ndjson", TEN.replace(b"\n", b"\r"), 10, False),
    "rows between which NUL bytes lie": ("log.ndjson", TEN.replace(b"\n", b"\n\x00\x00\n"), 10, False),
    "no end of the last line": ("log.ndjson", TEN[:-1], 10, False),
    "no bytes": ("log.ndjson", b"", 0, False),
    "YAML of many aliases": (
        "log.yml",
        b"a0: &a0 [x, x]\n"
        + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)),
        0,
        True,
    ),
    "YAML that holds itself": ("log.yml", b"a: &a [*a]\n", 0, True),
    "YAML that makes an object": ("log.yml", b"!!python/object/apply:os.system [touch owned]\n", 0, True),
    "YAML very deep": ("log.yml", b"[" * 20_000, 0, True),
    "CSV with a quote that never ends": ("log.csv", b'uuid,published,eventType\n"e0,x,y\n' * 3, 0, True),
    "CSV with NUL bytes": (
        "log.csv",
        b"uuid,published,eventType\ne0,2026-01-15T09:00:00Z,user.session.start\n\x00\x00\x00\n",
        1,
        False,
    ),
}


LONG_ROW = with_agent(b'"' + b"x" * 20_000_000 + b'"')
ENDS = {"ended": b"\n", "not ended": b"", "ended as on Windows": b"\r\n", "before another": b"\n" + good(1, 600)[0] + b"\n"}


def long_rows() -> Iterator[Hostile]:
    """A row of 20 MB at the end of a file that is otherwise read the fast way."""
    packers: dict[str, Callable[[bytes], bytes]] = {
        "": bytes,
        ".gz": lambda content: gzip.compress(content, 1),
        ".zst": zstandard.compress,
    }
    for name, end in ENDS.items():
        for packer, pack in packers.items():
            kept = ids(MANY) | {"e500"} | ({"e600"} if "another" in name else set())
            content = pack(joined(good(MANY)) + LONG_ROW + end)
            yield Hostile(f"a row of 20 MB {name}{packer}", kept, False, "", {f"log.ndjson{packer}": content})


def documents() -> Iterator[Hostile]:
    for name, (path, content, count, lost) in DOCUMENTS.items():
        yield Hostile(name, ids(count) | ids(10, 3000), lost, "", {path: content, "other.ndjson": joined(good(10, 3000))})


NAMES = (
    *(
        "a b.ndjson",
        "-",
        "--json",
        "*.ndjson",
        "[a].ndjson",
        "a?.ndjson",
        "%s.ndjson",
        "a'b.ndjson",
        'a"b.ndjson',
        "a\nb.ndjson",
    ),
    *(
        "\x1b[2J.ndjson",
        "\u202egpj.ndjson",
        "~.ndjson",
        "$(id).ndjson",
        "x" * 200 + ".ndjson",
        "\udcff.ndjson",
        "a\\b.ndjson",
        "a;b.ndjson",
    ),
)


def names() -> Iterator[Hostile]:
    for name in NAMES:
        yield Hostile(f"a file's name: {name!r}", KEPT, False, "", {name: TEN})


def listening(folder: Path) -> None:
    """Leave a socket behind. Its path is short, since a socket's has a bound."""
    with socket.socket(socket.AF_UNIX) as made, tempfile.TemporaryDirectory() as short:
        made.bind(f"{short}/s")
        os.replace(f"{short}/s", folder / "s")


def deep(folder: Path) -> None:
    below = folder
    for _ in range(200):
        below = below / "d"
    below.mkdir(parents=True)
    (below / "log.ndjson").write_bytes(joined(good(10, 100)))


def crowded(folder: Path) -> None:
    for number in range(300):
        (folder / f"{number}.log").touch()


def linked(folder: Path) -> None:
    (folder / "ring").symlink_to(folder)


TREES: dict[str, tuple[Callable[[Path], None], frozenset[str], bool, str]] = {
    "a pipe": (lambda folder: os.mkfifo(folder / "p.ndjson"), KEPT, False, "pipe, left out"),
    "a socket": (listening, KEPT, False, "socket, left out"),
    "a link to nothing": (lambda folder: (folder / "l").symlink_to("gone"), KEPT, False, "link to nothing"),
    "a link to itself": (lambda folder: (folder / "l").symlink_to("l"), KEPT, False, "link to nothing"),
    "a link to a device": (lambda folder: (folder / "l").symlink_to("/dev/zero"), KEPT, False, "device, left out"),
    "a link to its own folder": (linked, KEPT, False, "link to a folder"),
    "a link to a file": (lambda folder: (folder / "l.ndjson").symlink_to("log.ndjson"), KEPT, False, ""),
    "a hidden file": (lambda folder: put_hidden(folder / ".hidden.ndjson"), KEPT, False, ""),
    "an empty folder": (lambda folder: (folder / "empty").mkdir(), KEPT, False, ""),
    "a folder named like a log": (lambda folder: (folder / "x.ndjson").mkdir(), KEPT, False, ""),
    "a deep tree": (deep, KEPT | ids(10, 100), False, ""),
    "hundreds of empty files": (crowded, KEPT, False, ""),
}


def put_hidden(path: Path) -> None:
    path.write_bytes(joined(good(10, 100)))


def trees() -> Iterator[Hostile]:
    for name, (make, kept, lost, told) in TREES.items():
        yield Hostile(name, kept, lost, told, {"log.ndjson": TEN}, make)


def small() -> list[Hostile]:
    """All that is small enough to be tried with every run of the tests."""
    posix = [*names(), *trees()] if sys.platform == "linux" else []
    return [*agents(), *lines(), *times(), *formats(), *packed(), *long_rows(), *documents(), *posix]


def verdict(each: Hostile, folder: Path, pack: Path) -> str:
    """What a hunt in a folder did that it must not do; nothing where it did right."""
    result = run("hunt", "--rule", "example", "--json", "--", each.write(folder), pack=pack)
    found = {json.loads(line)["id"] for line in result.stdout.splitlines()}
    gone = each.kept - found
    more = found - each.kept if each.name not in PACKED or PACKED[each.name][2] is not None else set()
    if gone or more:
        return f"lost {sorted(gone)[:3]}, too many {sorted(more)[:3]}: {result.stderr[-500:]}"
    if result.exit_code != (2 if each.lost else 0):
        return f"exit code {result.exit_code}: {result.stderr[-500:]}"
    return "" if each.told.lower() in result.stderr.lower() else f"not told {each.told!r}: {result.stderr[-500:]}"


# Large ones, in processes of their own


FOUND_BY = "okta_api_token_created"
TOKENS = joined(
    [
        json.dumps(okta(f"e{number}", number, "system.api_token.create", outcome={"result": "SUCCESS"})).encode()
        for number in range(10)
    ]
)


def written(path: Path, pieces: Iterator[bytes]) -> None:
    """Write content piece by piece, packed where the name says so."""
    with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as file:
        file.writelines(pieces)


def repeated(piece: bytes, mib: int, *, before: bytes = b"", after: bytes = b"") -> Iterator[bytes]:
    yield before
    block = piece * (1024 * 1024 // len(piece))
    for _ in range(mib):
        yield block
    yield after


def listed(count: int) -> bytes:
    row = {**okta("e500"), "target": [{"id": f"t{number}", "displayName": "x"} for number in range(count)]}
    return json.dumps(row).encode()


LARGE: dict[str, tuple[str, Callable[[], Iterator[bytes]], bool]] = {
    "a first line of a gigabyte": (
        "log.ndjson",
        lambda: repeated(b"x", 1024, before=b'{"a": "', after=b"\n" + TOKENS),
        True,
    ),
    "a first line of a gigabyte that is no object": ("log.ndjson", lambda: repeated(b"x", 1024, after=b"\n" + TOKENS), True),
    "a line of a gigabyte within": (
        "log.ndjson",
        lambda: repeated(b"x", 1024, before=b'{}\n{"a": "', after=b"\n" + TOKENS),
        True,
    ),
    "a last line of a gigabyte": (
        "log.ndjson",
        lambda: repeated(b"x", 1024, before=TOKENS + b'{"a": "', after=b"\n"),
        True,
    ),
    "a gigabyte of newlines": ("log.ndjson", lambda: repeated(b"\n", 1024, before=TOKENS), False),
    "a gigabyte of newlines, packed": ("log.ndjson.gz", lambda: repeated(b"\n", 1024, after=TOKENS), False),
    "four gigabytes of newlines, packed": ("log.ndjson.gz", lambda: repeated(b"\n", 4096, after=TOKENS), False),
    "a gigabyte of NUL bytes, packed": ("log.ndjson.gz", lambda: repeated(b"\x00", 1024, before=TOKENS), False),
    "a gigabyte of brackets, packed": ("log.ndjson.gz", lambda: repeated(b"[", 1024, before=TOKENS), True),
    "a megabyte of empty objects, packed": ("log.ndjson.gz", lambda: repeated(b"{}\n", 1, before=TOKENS), False),
    "a list of 100,000": ("log.ndjson", lambda: iter((TOKENS, listed(100_000))), False),
    "a list of 1,000,000": ("log.ndjson", lambda: iter((TOKENS, listed(1_000_000))), False),
    "a value of 60 MB": ("log.ndjson", lambda: iter((TOKENS, with_agent(b'"' + b"x" * 60_000_000 + b'"'))), False),
}
"""The name of a file, its content in pieces, and whether something is lost."""


def large(name: str) -> tuple[str, float, int]:
    """What a hunt with all rules in a large log did wrong, seconds of the processor's time and bytes held at most."""
    path, pieces, lost = LARGE[name]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "logs").mkdir()
        written(folder / "logs" / path, pieces())
        words = [sys.executable, "-m", "casetrail", "hunt", "--json", str(folder / "logs")]
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)]
            child = os.posix_spawn(sys.executable, words, os.environ, file_actions=actions)
            _, status, used = os.wait4(child, 0)
        told = (folder / "err").read_text()
        hits = map(json.loads, (folder / "out").read_text().splitlines())
        found = {hit["id"] for hit in hits if hit["rule"] == FOUND_BY}
    seconds, peak = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
    wrong = (
        ""
        if found >= KEPT and os.waitstatus_to_exitcode(status) == (2 if lost else 0)
        else f"{sorted(found)}: {told[-500:]}"
    )
    if seconds > SECONDS or peak > MEMORY:
        wrong += f" {seconds:.0f} s, {peak / 1024 / 1024:.0f} MiB"
    return wrong, seconds, peak


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        top = Path(made)
        pack = small_pack(top / "pack")
        wrong: dict[str, str] = {}
        began = time.process_time()
        for number, each in enumerate(small()):
            (top / str(number)).mkdir()
            try:
                wrong[each.name] = verdict(each, top / str(number), pack)
            except Exception as error:
                wrong[each.name] = f"{type(error).__name__}: {error}"
        print(f"{len(wrong)} small logs in {time.process_time() - began:.0f} s")
        for name in LARGE:
            wrong[name], seconds, peak = large(name)
            print(f"{name}: {seconds:.1f} s, {peak / 1024 / 1024:.0f} MiB")
    bad = {name: why for name, why in wrong.items() if why}
    for name, why in bad.items():
        print(f"{name}: {why}")
    print(f"{len(wrong)} hostile logs, {len(bad)} read wrongly")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

"""For a child process: builds that are killed at one moment after the other, and builds that meet in one folder.

`killed OUT exchange|renames` writes a build over an old one again and again, each time killed (SIGKILL) at the next event that Python's
audit tells of: each opening, making, renaming and removing of a file. `meeting OUT NAME ways` writes many builds of one name into OUT.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import casetrail.build.write as module
from casetrail.pack.files import PackError

MEETINGS = 40
BUILDS = {name: [f"{name}/{number}" for number in range(count)] for name, count in (("old", 3), ("new", 4), ("other", 3))}


def build(name: str) -> dict[str, bytes]:
    listed = json.dumps({"casetrail": name, "files": [{"path": path} for path in BUILDS[name]]})
    return {"manifest.json": listed.encode(), **{path: name.encode() for path in BUILDS[name]}}


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def dying(out: Path, moment: int) -> None:
    """Write the new build, and be killed at an event of this number."""
    seen = 0

    def count(event: str, args: object) -> None:
        nonlocal seen
        if event == "open" or event.startswith(("os.", "shutil.", "fcntl.", "tempfile.")):
            seen += 1
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    module.write(out, build("new"))
    os._exit(0)


def killed(out: Path, *, whole: bool) -> None:
    """whole: whether the folder must be there after each kill, and not only after the next build has begun."""
    kills, found = 0, set()
    while True:
        shutil.rmtree(out.parent)
        out.parent.mkdir()
        module.write(out, build("old"))
        child = os.fork()
        if not child:
            dying(out, kills + 1)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        kills += 1
        if whole or out.exists():
            found.add("old" if tree(out) == build("old") else "new" if tree(out) == build("new") else f"mixed at {kills}")
        with suppress(PackError):
            module.write(out, {**build("other"), "../outside": b""})
        if tree(out) not in (build("old"), build("new")):
            found.add(f"lost at {kills}")
        module.write(out, build("other"))
        left = {path.name: [inner.name for inner in path.iterdir()] for path in out.parent.iterdir() if path != out}
        if tree(out) != build("other") or left:
            found.add(f"in the way of the next at {kills}: {left}")
    print(json.dumps({"kills": kills, "found": sorted(found)}))


def meeting(out: Path, name: str) -> None:
    for _ in range(MEETINGS):
        module.write(out, build(name))


if __name__ == "__main__":
    what, folder, way = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if way == "renames":
        setattr(module, "exchange", lambda one, other: False)  # noqa: B010
    if what == "killed":
        killed(folder, whole=way == "exchange")
    else:
        meeting(folder, what)

"""Whose pack it is: the folder that a command works on when nobody names one."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from casetrail.pack.files import YAML, Files, PackError, shipped, yaml_files
from casetrail.pack.settings import SHIPPED, read_settings, says

_RULE = re.compile(rb"^(detection|correlation)\s*:", re.M)


@dataclass(frozen=True, slots=True)
class Place:
    """A pack's folder, and the folder that is laid over it, None for none. fallback: whether nothing chose it."""

    folder: Path
    overlay: Path | None = None
    fallback: bool = False


def marked(folder: Path) -> bool:
    """Whether a folder says that it is a pack, or has the rules of one."""
    return says(folder) is not None or (folder / "rules").is_dir()


def has_rules(folder: Path) -> bool:
    """Whether a rule lies in a folder itself, or anywhere in its `rules/`, by the look of it."""
    own = [path for path in _inside(folder) if path.suffix.lower() in YAML]
    return any(map(_looks_like_a_rule, chain(own, yaml_files(folder / "rules"))))


def below(folder: Path) -> list[Path]:
    """The packs that lie in a folder, or in a folder of it: those whose rules are there to be seen."""
    places = [each for each in _inside(folder) if each.is_dir()]
    places += [inner for each in places for inner in _inside(each) if inner.is_dir()]
    found = [place for place in places if has_rules(place) or says(place)]
    return [place for place in dict.fromkeys(found) if not any(other in place.parents for other in found)]


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []


def _looks_like_a_rule(path: Path) -> bool:
    try:
        return path.is_file() and _RULE.search(path.read_bytes()) is not None
    except OSError:
        return False


def whose(start: Path) -> Place | None:
    """The pack of a file or folder: the nearest folder upward that is marked as one, else its own where rules lie in it.

    None where there is none.

    Settings with a fault say nothing here: whoever reads the pack tells it. Raises PackError when they name no folder.
    """
    top = start if start.is_dir() else start.parent
    found = next((folder for folder in (top.resolve(), *top.resolve().parents) if marked(folder)), None)
    if found is None:
        return Place(seen(top)) if has_rules(top) else None
    settings, _ = read_settings(found, Files())
    for key in ("over", "pack"):
        told = settings.data.get(key)
        if told is not None:
            folder = shipped() if (key, told) == ("over", SHIPPED) else found / told
            if not folder.is_dir():
                raise PackError(f"{settings.path}:{settings.position(key).line}: {key}: {told}: no such folder")
            return Place(seen(folder), seen(found) if key == "over" else None)
    return Place(seen(found))


def seen(folder: Path) -> Path:
    """A folder as seen from the current one, where that is shorter to read."""
    here = Path.cwd()
    folder = folder.resolve()
    if folder == here or here in folder.parents:
        return folder.relative_to(here)
    return Path(os.path.relpath(folder, here)) if folder in here.parents else folder


def holds(folder: Path, path: Path) -> bool:
    """Whether a file or folder is a pack's folder, lies in it, or holds it."""
    inner, outer = path.resolve(), folder.resolve()
    return inner == outer or outer in inner.parents or inner in outer.parents


def pack_of(paths: Sequence[Path], named: Path | None = None) -> Path:
    """The folder of the one pack that paths are of, which may be named. Raises PackError where they are of none or of several."""
    if named is not None:
        outside = next((path for path in paths if not holds(named, path)), None)
        if outside is not None:
            raise PackError(f"{outside}: it isn't in the pack {named}; leave --pack out, or name the pack that it is of")
        return named
    found = {place.folder.resolve(): place.folder for place in map(_of, paths)}
    if len(found) > 1:
        raise PackError(f"the paths are of several packs, {' and '.join(map(str, found.values()))}: name one by --pack")
    return next(iter(found.values()))


def _of(path: Path) -> Place:
    place = whose(path)
    if place is not None:
        return place
    folder = path if path.is_dir() else path.parent
    inner = [str(each) for each in sorted(folder.iterdir()) if each.is_dir() and marked(each)]
    if inner:
        raise PackError(f"{path}: it is no pack; there is one in {', '.join(inner)}: name it by --pack")
    return Place(folder)

"""YAML with places: what pySigma reads, and where in the file each part stands."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from casetrail.reading.words import of_os, of_yaml

SHAPE = (AttributeError, TypeError, LookupError, ValueError, ArithmeticError, RecursionError)
"""What is raised where a document isn't as its schema says."""
_MERGE = "tag:yaml.org,2002:merge"
_AS_WRITTEN = (_MERGE, "tag:yaml.org,2002:str")
_MOST_BYTES = 4 * 1024 * 1024
_MOST_NODES = 200_000
_TRAPS = (
    (re.compile(r"(?i:on|off|yes|no|y|n)"), "is a boolean in YAML 1.1"),
    (re.compile(r"0[0-7]+"), "is an octal number in YAML 1.1"),
    (re.compile(r"[-+]?\d+(:[0-5]?\d)+(\.\d*)?"), "is a number of base 60 in YAML 1.1"),
    (re.compile(r"[-+]?\d+(_\d+)+"), "is a number in YAML 1.1"),
)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file, both numbers from 1."""

    line: int
    column: int


START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Trap:
    """A plain scalar that YAML 1.1 reads as something else than its text."""

    text: str
    why: str
    position: Position


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document. data: as PyYAML constructs it; node: its node graph, for places."""

    path: Path
    data: Any
    node: yaml.Node

    def position(self, keys: Sequence[str | int], *, value: bool = False) -> Position:
        """Where the last of the keys stands, or its value; the nearest holder that is there, when it isn't."""
        node, place = self.node, _start(self.node)
        for key in keys:
            found = _child(node, key)
            if found is None:
                break
            name, node = found
            place = _start(node if value or name is None else name)
        return place

    def find(self, text: str) -> Position | None:
        """Where a key (its name, or one of its modifiers) or a scalar value with this text stands first."""
        for node, is_key in _scalars(self.node):
            if node.value == text or (is_key and text in node.value.split("|")):
                return _start(node)
        return None

    def places(self, text: str) -> Iterator[Position]:
        """Where keys with this text (up to their first `|`) stand; where there are none, the scalar values with it."""
        keys = [node for node, is_key in _scalars(self.node) if is_key and node.value.partition("|")[0] == text]
        values = (node for node, is_key in _scalars(self.node) if not is_key and node.value == text)
        yield from map(_start, keys or values)

    def texts(self, keys: Sequence[str | int]) -> Iterator[str]:
        """The scalar values below the last of the keys, as written."""
        node = self.node
        for key in keys:
            found = _child(node, key)
            if found is None:
                return
            node = found[1]
        yield from (scalar.value for scalar, is_key in _scalars(node) if not is_key)

    def holding(self, *words: str) -> Iterator[tuple[str, Position]]:
        """The scalar values in which one of the words is, as written, with their places."""
        for node, is_key in _scalars(self.node):
            if not is_key and any(word in node.value for word in words):
                yield node.value, _start(node)

    def traps(self) -> Iterator[Trap]:
        """The plain scalars in values that YAML 1.1 takes for a boolean or a number of another base."""
        for node, is_key in _scalars(self.node):
            if not node.style and not is_key and not node.tag.endswith(":str"):
                why = next((why for pattern, why in _TRAPS if pattern.fullmatch(node.value)), None) or _otherwise(node)
                if why is not None:
                    yield Trap(node.value, why, _start(node))


class _Loader(yaml.CSafeLoader):
    """YAML 1.1 as PyYAML reads it, in which no key stands twice: one that `<<` brings in counts where the mapping lacks it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for name, _ in node.value:
            key = name.value if name.tag in _AS_WRITTEN else self.construct_object(name, deep=True)
            if not isinstance(key, Hashable):
                break
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"Duplicate key '{key}'", name.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        if any(name.tag == _MERGE for name, _ in node.value):
            super().flatten_mapping(node)
            node.value = list({str(name.value): (name, value) for name, value in node.value}.values())


def _otherwise(node: yaml.ScalarNode) -> str | None:
    """What YAML 1.1 makes of a plain number that isn't written as it is told."""
    if not node.tag.endswith((":int", ":float")):
        return None
    told = str(yaml.safe_load(node.value))
    return f"is the number {told} in YAML 1.1" if told != node.value else None


class YamlError(Exception):
    """A file that can't be read as YAML, with the place."""

    def __init__(self, message: str, position: Position = START) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def read(path: Path) -> list[Document]:
    """The documents of a file but those that hold nothing, as one after a last `---`. Raises YamlError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise YamlError("it is a folder, not a file" if path.is_dir() else of_os(error)) from error
    if len(content) > _MOST_BYTES:
        raise YamlError(f"it is larger than {_MOST_BYTES // 1024 // 1024} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise YamlError("it isn't UTF-8", Position(line, 1)) from error
    loader = _Loader(text)
    found = []
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                break
            if _may_unfold(text) and unfolded(node, _MOST_NODES) > _MOST_NODES:
                raise YamlError(f"its aliases unfold to more than {_MOST_NODES} values", _start(node))
            data = loader.construct_document(node)
            if data is not None:
                found.append(Document(path, data, node))
    except yaml.MarkedYAMLError as error:
        unclosed = "end of stream" in str(error.problem) and error.context_mark
        mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
        place = Position(mark.line + 1, mark.column + 1) if mark else START
        raise YamlError(of_yaml(" ".join(str(error.problem or error.context).split())), place) from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise YamlError(of_yaml(" ".join(str(error).split()))) from error
    except RecursionError as error:
        raise YamlError("it is nested too deeply, or holds itself") from error
    finally:
        loader.dispose()
    return found


def _may_unfold(text: str) -> bool:
    """Whether a text can hold more nodes than are taken: a short one can't unless it has an anchor."""
    return len(text) > _MOST_NODES or "&" in text


def _start(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _child(node: yaml.Node, key: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return name, value
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return None, node.value[key]
    return None


def _scalars(node: yaml.Node) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    """The scalars below a node in the order of the file, each with whether it is a key."""
    waiting = [(node, False)]
    while waiting:
        each, is_key = waiting.pop()
        if isinstance(each, yaml.ScalarNode):
            yield each, is_key
        elif isinstance(each, yaml.SequenceNode):
            waiting += [(item, False) for item in reversed(each.value)]
        elif isinstance(each, yaml.MappingNode):
            waiting += [one for name, value in reversed(each.value) for one in ((value, False), (name, True))]


def unfolded(node: yaml.Node, most: int) -> int:
    """The number of nodes with aliases unfolded; counting stops above `most`."""
    count, waiting = 0, [node]
    while waiting and count <= most:
        each = waiting.pop()
        count += 1
        if isinstance(each, yaml.SequenceNode):
            waiting += each.value
        elif isinstance(each, yaml.MappingNode):
            waiting += [part for pair in each.value for part in pair]
    return count

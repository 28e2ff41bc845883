"""Spellings of one thing: an account by id and by name, a session by two keys, a file by document and version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from casetrail.trail.node import Node


class Kin:
    """Groups of nodes that are one thing. The first of a group in order stands for it."""

    def __init__(self, groups: Iterable[Iterable[Node]] = ()) -> None:
        self._parents: dict[Node, Node] = {}
        for group in groups:
            self.add(group)
        self._members: dict[Node, set[Node]] | None = None

    def add(self, group: Iterable[Node]) -> None:
        """Say that these are one."""
        self._members = None
        roots = sorted({self.one(node) for node in group})
        for root in roots:
            self._parents[root] = roots[0]

    def one(self, node: Node) -> Node:
        """The node that stands for all that are the same thing."""
        parent = self._parents.get(node, node)
        while parent != (above := self._parents.get(parent, parent)):
            self._parents[node] = parent = above
        return parent

    def all(self, node: Node) -> set[Node]:
        """All nodes that are the same thing, itself among them."""
        if self._members is None:
            self._members = defaultdict(set)
            for each in self._parents:
                self._members[self.one(each)].add(each)
        return {node, *self._members.get(self.one(node), ())}

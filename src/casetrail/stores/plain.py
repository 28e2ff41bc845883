"""Stores that need no list of fields: a SIEM keeps the fields of a log as they are named, or under the names of a convention."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, assert_never

import yaml

from casetrail.logs.contract import Contract
from casetrail.plan.nodes import Field
from casetrail.stores.store import Store, StoredField


class Names(StrEnum):
    """Whose names a store's fields have."""

    AS_THEY_ARE = "as they are"
    ECS = "ecs"
    """Those of the Elastic Common Schema where `ecs.yml` knows one, else as they are."""


@dataclass(frozen=True, slots=True)
class Plain:
    """How a SIEM keeps a log that it is told no more of.

    index: `{product}` and `{service}` stand for those of the log; time, arrival, identity: as in a store;
    types: the SIEM's types by ours; list_mark: what follows the name of a list; nested: the type of what lies in an object, which is then
    kept in one column, empty where the SIEM names it by its path.
    """

    index: str
    time: str
    types: Mapping[str, str]
    arrival: str = ""
    identity: tuple[str, ...] = ()
    list_mark: str = ""
    nested: str = ""

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Plain:
        """As `plain` of a `backend.yml` says it."""
        return cls(**{**facts, "identity": tuple(facts.get("identity", ()))})

    def store(self, contract: Contract, names: Names, told: Mapping[str, Any]) -> Store:
        """Where a log is kept. told: what is known better of its index, time, arrival, identity and only."""
        fields = {field.path: self._place(field, names) for field in contract.fields.values()}
        time = told.get("time", self.time)
        fields[contract.time.path] = StoredField(time, self.types["time"])
        if contract.lateness is not None:
            fields[contract.lateness.path] = StoredField(
                "", "", unsupported="it is told how late an event came in no plain store"
            )
        identity = tuple(told.get("identity", self.identity))
        return Store(
            source=contract.key,
            index=told.get("index") or self.index_of(contract),
            time=time,
            basis=f"names: {names}",
            fields=fields,
            only=told.get("only", {}),
            identity=identity,
            arrival=told.get("arrival", self.arrival),
            assumed="index" not in told,
        )

    def index_of(self, contract: Contract) -> str:
        """The index that a log is looked for in when nobody says which."""
        product, service = (_word(part) for part in (contract.product, contract.service))
        return self.index.format(product=product or "any", service=service or "any")

    def _place(self, field: Field, names: Names) -> StoredField:
        match names:
            case Names.AS_THEY_ARE:
                return self._as_it_is(field)
            case Names.ECS:
                known = ecs().get(field.path)
                return StoredField(known, self.types[field.type]) if known else self._as_it_is(field)
            case never:
                assert_never(never)

    def _as_it_is(self, field: Field) -> StoredField:
        steps = [f"{step}{self.list_mark}" if number in field.arrays else step for number, step in enumerate(field.steps, 1)]
        if self.nested and (len(steps) > 1 or field.many):
            return StoredField(".".join(field.steps), self.nested, root=field.steps[0])
        return StoredField(".".join(steps), self.types[field.type])


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


@cache
def ecs() -> Mapping[str, str]:
    """The names of the Elastic Common Schema by those of Sigma's taxonomy."""
    found: dict[str, str] = yaml.safe_load((files("casetrail") / "stores" / "ecs.yml").read_text("utf-8"))
    return found

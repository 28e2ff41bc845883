"""What Azure makes of a template when it deploys one: formulas worked out, escaped texts unescaped, conditions kept.

Written from Microsoft's "Syntax and expressions in ARM templates" and the pages of the functions; a function that isn't here is an error.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z]+)|(?P<text>'(?:[^']|'')*')|(?P<mark>[(),.]))")
_GROUP = {"id": "/subscriptions/s/resourceGroups/g", "location": "westeurope"}


def deployed(template: Mapping[str, Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources of a template with these parameters."""
    unknown = set(values) - set(template["parameters"])
    missing = {name for name, facts in template["parameters"].items() if name not in values and "defaultValue" not in facts}
    assert not unknown
    assert not missing
    given = {
        name: values[name] if name in values else _value(facts["defaultValue"], {})
        for name, facts in template["parameters"].items()
    }
    resources = [_value(resource, given) for resource in template["resources"]]
    return [resource for resource in resources if resource.pop("condition", True)]


def _value(value: Any, given: Mapping[str, Any]) -> Any:
    match value:
        case str() if value.startswith("[[") and value.endswith("]"):
            return value[1:]
        case str() if value.startswith("[") and value.endswith("]"):
            return _Formula(value[1:-1], given).whole()
        case dict():
            return {key: _value(held, given) for key, held in value.items()}
        case list():
            return [_value(held, given) for held in value]
        case _:
            return value


class _Formula:
    def __init__(self, text: str, given: Mapping[str, Any]) -> None:
        self.given = given
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text):
            found = _TOKEN.match(text, place)
            assert found, text[place:]
            kind = found.lastgroup
            assert kind
            self.tokens.append((kind, found[kind]))
            place = found.end()

    def whole(self) -> Any:
        value = self.read()
        assert not self.tokens
        return value

    def read(self) -> Any:
        kind, text = self.tokens.pop(0)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        assert kind == "name"
        assert self.tokens.pop(0) == ("mark", "(")
        args = []
        while self.tokens[0] != ("mark", ")"):
            args.append(self.read())
            if self.tokens[0] == ("mark", ","):
                self.tokens.pop(0)
        self.tokens.pop(0)
        value = self.call(text, args)
        while self.tokens and self.tokens[0] == ("mark", "."):
            self.tokens.pop(0)
            value = value[self.tokens.pop(0)[1]]
        return value

    def call(self, name: str, args: list[Any]) -> Any:
        functions: dict[str, Callable[..., Any]] = {
            "parameters": lambda key: self.given[key],
            "concat": lambda *texts: "".join(texts),
            "contains": lambda held, one: one in held,
            "and": lambda *those: all(those),
            "or": lambda *those: any(those),
            "resourceGroup": lambda: _GROUP,
            "resourceId": lambda kind, *names: f"{_GROUP['id']}/providers/{kind}/{'/'.join(names)}",
            "guid": lambda *texts: str(uuid.uuid5(uuid.NAMESPACE_OID, "-".join(texts))),
        }
        return functions[name](*args)

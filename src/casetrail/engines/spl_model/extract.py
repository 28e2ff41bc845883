"""The fields that Splunk's automatic JSON extraction gives an event ("props.conf: KV_MODE = json", "spath").

A key in an object is joined by a point, an array adds `{}`: `{"a": {"b": 1}, "c": [{"d": 2}, {"d": 3}]}` gives `a.b` 1
and `c{}.d` 2 and 3. Which array element a value came from is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from casetrail.engines.spl_model.errors import UnspecifiedError


def extracted(row: Mapping[str, object]) -> dict[str, object]:
    """A JSON object as fields: text, or a list of texts where there are several; nulls and empty arrays are no fields.

    Booleans are `true` and `false`, numbers the text that Python writes. Raises UnspecifiedError for a number that
    Python writes with an exponent, for a key with a point or braces, and for an array in an array.
    """
    found: dict[str, list[str]] = {}
    for name, text in _leaves("", row):
        found.setdefault(name, []).append(text)
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in found.items()}


def _leaves(name: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case Mapping():
            for key, inner in value.items():
                if not isinstance(key, str) or not key or set(key) & set('.{}"'):
                    raise UnspecifiedError(f"the field name of the key {key!r}")
                yield from _leaves(f"{name}.{key}" if name else key, inner)
        case list() | tuple():
            if name.endswith("{}"):
                raise UnspecifiedError(f"the fields of an array in an array ({name})")
            for inner in value:
                yield from _leaves(f"{name}{{}}", inner)
        case None:
            return
        case bool():
            yield name, "true" if value else "false"
        case str():
            yield name, value
        case _:
            text = str(value)
            if "e" in text.lower() or "n" in text.lower():
                raise UnspecifiedError(f"the text of the number {text}")
            yield name, text

"""How vendors' pipelines put a text before they store it, as far as rules can see it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_NEXT_KEY = re.compile(r", (?=\w+=)")


def _json(text: str) -> Any:
    """The value that a JSON text holds; a text that is none stays as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _object(text: str) -> Any:
    found = _json(text)
    return found if isinstance(found, dict | list) else None


def _reasons(text: str) -> Any:
    """The reasons of a risk (`{reasons=A, B, level=HIGH}`) as a list; nothing of a text that names none."""
    pairs = (pair.partition("=") for pair in _NEXT_KEY.split(text.removeprefix("{").removesuffix("}")))
    return next((value.split(", ") for key, _, value in pairs if key == "reasons"), None)


FORMS: dict[str, Callable[[str], Any]] = {"": str, "json": _json, "json object": _object, "risk reasons": _reasons}
"""By the name that a stored column gives: what becomes of a text; None where nothing is stored."""

"""The schemas of this folder: what a SIEM's importer is documented to take."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml


@cache
def _read(name: str) -> Any:
    return yaml.safe_load((Path(__file__).parent / "schemas" / f"{name}.yml").read_text("utf-8"))


def offences(file: str, kind: str, document: object) -> list[str]:
    """What of a document its schema doesn't allow, each with its path."""
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", **_read(file)})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]

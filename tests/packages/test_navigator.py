"""The Navigator layer: as its format's documentation says, of techniques that are there, the same bytes each time."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from casetrail.pack.pack import Pack
from casetrail.packages.sigma.navigator import layer
from casetrail.sigma.attack import attack
from tests.cli.ways import RULE, run, small_pack

ROOT = Path(__file__).parents[2]
PACK = Pack.load(ROOT)
ALONE = [rule for rule in PACK.rules.values() if rule.alone]
LAYER: dict[str, Any] = json.loads(layer(ALONE))
TEXT, FLAG, COLOUR = {"type": "string"}, {"type": "boolean"}, {"type": "string", "pattern": "^#[0-9a-f]{6}$"}


def shape(required: str, **properties: object) -> dict[str, object]:
    return {"type": "object", "required": required.split(), "additionalProperties": False, "properties": properties}


METADATA = {"type": "array", "items": shape("name value", name=TEXT, value=TEXT)}
TECHNIQUE = shape(
    "techniqueID",
    techniqueID={"type": "string", "pattern": r"^T\d{4}(\.\d{3})?$"},
    tactic=TEXT,
    comment=TEXT,
    enabled=FLAG,
    score={"type": "number"},
    color=COLOUR,
    metadata=METADATA,
    showSubtechniques=FLAG,
)
SCHEMA = shape(
    "name domain versions",
    name=TEXT,
    versions=shape(
        "navigator layer",
        attack=TEXT,
        navigator={"type": "string", "pattern": r"^(4\.9|[5-9])\."},
        layer={"const": "4.5"},
    ),
    description=TEXT,
    domain={"enum": ["enterprise-attack", "mobile-attack", "ics-attack"]},
    sorting={"enum": [0, 1, 2, 3]},
    layout=shape(
        "",
        layout={"enum": ["side", "flat", "mini"]},
        showID=FLAG,
        showName=FLAG,
        expandedSubtechniques={"enum": ["none", "all", "annotated"]},
    ),
    hideDisabled=FLAG,
    techniques={"type": "array", "items": TECHNIQUE},
    gradient=shape(
        "colors minValue maxValue",
        colors={"type": "array", "minItems": 2, "items": COLOUR},
        minValue={"type": "number"},
        maxValue={"type": "number"},
    ),
    legendItems={"type": "array", "items": shape("label color", label=TEXT, color=COLOUR)},
    metadata=METADATA,
)
"""What the documentation of layer format 4.5 states, as far as we write it."""


def test_it_is_as_the_format_says() -> None:
    validator = Draft202012Validator(SCHEMA)
    validator.validate(LAYER)
    assert LAYER["gradient"]["maxValue"] > LAYER["gradient"]["minValue"]
    with pytest.raises(ValidationError):
        validator.validate({**LAYER, "techniques": [{"techniqueID": "T1"}]})


def test_each_technique_stands_once_with_its_rules() -> None:
    wanted = Counter(
        str(tag).lower().removeprefix("attack.").upper()
        for rule in ALONE
        for tag in set(map(str, rule.sigma.tags or ()))
        if str(tag).lower().removeprefix("attack.") in attack().techniques
    )
    assert {each["techniqueID"]: each["score"] for each in LAYER["techniques"]} == wanted
    assert len(LAYER["techniques"]) == len(wanted)
    for each in LAYER["techniques"]:
        names = [line.partition(" (")[0] for line in each["comment"].split("\n")]
        assert len(names) == each["score"] == sum(int(item["value"]) for item in each["metadata"])
        tagged = {str(tag).lower() for name in names for tag in PACK.rules[name].sigma.tags or ()}
        assert f"attack.{each['techniqueID'].lower()}" in tagged


def test_it_says_of_which_attack_it_is() -> None:
    assert LAYER["versions"]["attack"] == attack().version == "19"
    assert {"name": "ATT&CK", "value": "Enterprise, version 19"} in LAYER["metadata"]


def test_its_bytes_do_not_depend_on_the_order_of_rules() -> None:
    assert layer(reversed(ALONE)) == layer(ALONE)


def test_a_pack_without_tags_has_an_empty_layer() -> None:
    empty = json.loads(layer([]))
    Draft202012Validator(SCHEMA).validate(empty)
    assert empty["techniques"] == []


def test_a_whole_build_holds_it_and_one_of_a_target_does_not(tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack", {"example": {**RULE, "tags": ["attack.t1539"]}})
    assert run("build", "-o", tmp_path / "all", pack=pack).exit_code == 0
    assert run("build", "-o", tmp_path / "one", "--target", "splunk", pack=pack).exit_code == 0
    made = json.loads((tmp_path / "all" / "attack-navigator.json").read_bytes())
    assert [(each["techniqueID"], each["score"]) for each in made["techniques"]] == [("T1539", 1)]
    assert not (tmp_path / "one" / "attack-navigator.json").exists()
    manifest = json.loads((tmp_path / "all" / "manifest.json").read_bytes())
    assert [file["target"] for file in manifest["files"] if file["path"] == "attack-navigator.json"] == [None]

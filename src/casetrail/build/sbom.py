"""What casetrail runs on, as a bill of materials in CycloneDX 1.6 (JSON). Needs the extra `release`."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

from casetrail.pack.files import PackError


def sbom(name: str = "casetrail") -> bytes:
    """A package and all that it needs without extras, in the versions that are installed beside it.

    The same bytes for the same versions: no clock is in it, and its serial number is made from the rest.

    Raises PackError when the package, or one that it needs, isn't installed.
    """
    found = dict(_needed(name))
    components = {each: _component(dist, each == _plain(name)) for each, dist in found.items()}
    bom = Bom()
    bom.metadata.component = components[_plain(name)]
    for each, component in components.items():
        if each != _plain(name):
            bom.components.add(component)
    for each, dist in found.items():
        bom.register_dependency(components[each], [components[other] for other in _requires(dist)])
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["serialNumber"], document["metadata"]["timestamp"]
    text = json.dumps(document, sort_keys=True)
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, text).urn
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _plain(name: str) -> str:
    """A package's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _needed(name: str) -> Iterator[tuple[str, Distribution]]:
    waiting, seen = [_plain(name)], set[str]()
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        try:
            found = distribution(each)
        except PackageNotFoundError as error:
            raise PackError(
                f"{each} isn't installed, so its version can't be told; `pip install {name}` brings it"
            ) from error
        yield each, found
        waiting += _requires(found)


def _requires(found: Distribution) -> list[str]:
    wanted = map(Requirement, found.requires or ())
    return sorted({_plain(each.name) for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})})


def _component(found: Distribution, root: bool) -> Component:
    metadata: Mapping[str, Any] = found.metadata  # type: ignore[assignment]
    name, licence = _plain(metadata["Name"]), _licence(found)
    purl = PackageURL("pypi", name=name, version=found.version)
    return Component(
        name=name,
        version=found.version,
        type=ComponentType.APPLICATION if root else ComponentType.LIBRARY,
        purl=purl,
        bom_ref=str(purl),
        description=metadata.get("Summary"),
        licenses=[LicenseFactory().make_from_string(licence)] if licence else (),
    )


def _licence(found: Distribution) -> str:
    """What a package says of its licence, in the newest of the three ways to say it; empty when it doesn't."""
    metadata: Mapping[str, Any] = found.metadata  # type: ignore[assignment]
    told = metadata.get("License-Expression") or metadata.get("License") or ""
    if told and "\n" not in told:
        return str(told)
    named = [
        text.rpartition(" :: ")[2] for text in found.metadata.get_all("Classifier", ()) if text.startswith("License :: ")
    ]
    return " or ".join(named)

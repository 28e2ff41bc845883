"""What casetrail runs on and what `prove` downloads, as a bill of materials in CycloneDX 1.6 (JSON). Needs the extra `release`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

from casetrail.build.pins import Pin, of_engines, of_packages, plain
from casetrail.pack.files import PackError


def sbom(name: str = "casetrail") -> bytes:
    """A package and all that it needs, in the versions that are installed beside it, and what the engines of `prove` are made of.

    What only an extra or an engine needs has the scope `optional`; an extra that isn't installed whole is named as such and left out. The
    hashes are those of the lock: one for each file that the version may come as, none for a version that the lock doesn't have. The same
    bytes for the same versions: no clock is in it, and its serial number is made from the rest.

    Raises PackError when the package, or one that it always needs, isn't installed.
    """
    root = plain(name)
    always = _needed(root, "")
    held, missing = dict(always), list[str]()
    for extra in sorted(always[root].metadata.get_all("Provides-Extra", ())):
        try:
            held = {**_needed(root, extra), **held}
        except PackError:
            missing.append(extra)
    there = {extra for extra in always[root].metadata.get_all("Provides-Extra", ()) if extra not in missing}
    hashes = {(pin.name, pin.version): pin for pin in of_packages()}
    components = {
        each: _component(dist, _kind(each, root), each not in always, hashes.get((each, dist.version)))
        for each, dist in held.items()
    }
    downloaded = [_downloaded(pin) for pin in of_engines()]
    bom = Bom()
    components[root].properties.update(Property(name="casetrail:extra-left-out", value=extra) for extra in missing)
    bom.metadata.component = components[root]
    bom.components.update(component for each, component in components.items() if each != root)
    bom.components.update(downloaded)
    for each, dist in held.items():
        wanted = [components[other] for other in _requires(dist, there if each == root else ()) if other in components]
        bom.register_dependency(components[each], [*wanted, *(downloaded if each == root else ())])
    for component in downloaded:
        bom.register_dependency(component)
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["serialNumber"], document["metadata"]["timestamp"]
    text = json.dumps(document, sort_keys=True)
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, text).urn
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _needed(root: str, extra: str) -> dict[str, Distribution]:
    waiting, seen = [root], dict[str, Distribution]()
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        try:
            seen[each] = distribution(each)
        except PackageNotFoundError as error:
            wanted = f"{root}[{extra}]" if extra else root
            raise PackError(
                f"{each} isn't installed, so its version can't be told; `pip install {wanted}` brings it"
            ) from error
        waiting += _requires(seen[each], (extra,) if each == root and extra else ())
    return seen


def _requires(found: Distribution, extras: Iterable[str] = ()) -> list[str]:
    wanted = map(Requirement, found.requires or ())
    asked = ["", *extras]
    return sorted(
        {
            plain(each.name)
            for each in wanted
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in asked)
        }
    )


def _kind(name: str, root: str) -> ComponentType:
    return ComponentType.APPLICATION if name == root else ComponentType.LIBRARY


def _component(found: Distribution, kind: ComponentType, optional: bool, pin: Pin | None) -> Component:
    metadata: Mapping[str, Any] = found.metadata  # type: ignore[assignment]
    name, licence = plain(metadata["Name"]), _licence(found)
    purl = PackageURL("pypi", name=name, version=found.version)
    return Component(
        name=name,
        version=found.version,
        type=kind,
        scope=ComponentScope.OPTIONAL if optional else ComponentScope.REQUIRED,
        purl=purl,
        bom_ref=str(purl),
        description=metadata.get("Summary"),
        licenses=[LicenseFactory().make_from_string(licence)] if licence else (),
        hashes=_hashes(pin) if pin else (),
    )


def _downloaded(pin: Pin) -> Component:
    return Component(
        name=pin.name,
        group=pin.group,
        version=pin.version,
        type=ComponentType.LIBRARY,
        scope=ComponentScope.OPTIONAL,
        purl=pin.purl,
        bom_ref=str(pin.purl),
        licenses=[LicenseFactory().make_from_string(pin.licence)] if pin.licence else (),
        hashes=_hashes(pin),
    )


def _hashes(pin: Pin) -> list[HashType]:
    return [HashType(alg=HashAlgorithm(pin.algorithm), content=digest) for digest in pin.hashes]


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

"""What is pinned by hash: packages of PyPI in a lock, jars of Maven Central, packages of npm."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path

from packageurl import PackageURL

from casetrail.engines.nodes import maven
from casetrail.pack.files import shipped

NODES = Path(maven.__file__).parent


@dataclass(frozen=True, order=True)
class Pin:
    """One version of a package, and what its files may be.

    kind: the package URL's type; group: Maven's group or npm's scope; packaging: of a file of Maven's, such as zip; algorithm: as CycloneDX
    names it; hashes: hexadecimal, one for each file that the version may come as; licence: SPDX, empty when the pin doesn't say.
    """

    kind: str
    group: str
    name: str
    version: str
    algorithm: str
    hashes: tuple[str, ...]
    packaging: str = ""
    licence: str = ""

    @property
    def purl(self) -> PackageURL:
        told = {"type": self.packaging} if self.kind == "maven" else None
        return PackageURL(self.kind, self.group or None, self.name, self.version, told)


def plain(name: str) -> str:
    """A package's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> list[Pin]:
    """The packages of a lock as pip reads it with --require-hashes.

    Raises ValueError for a line that isn't a version with hashes.
    """
    return [_locked(line) for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]


def _locked(line: str) -> Pin:
    found = re.match(r"(?P<name>[\w.-]+)==(?P<version>[\w.!+]+)", line)
    hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})(?!\S)", line)
    if found is None or not hashes:
        raise ValueError(f"{line[:80].strip()}: no version with hashes; `make pins` writes the lock")
    return Pin("pypi", "", plain(found["name"]), found["version"], "SHA-256", tuple(sorted(hashes)))


def from_maven(text: str) -> list[Pin]:
    """The files of a list of `group:artifact:version[:packaging] sha256` lines."""
    return [
        Pin("maven", each.group, each.artifact, each.version, "SHA-256", (each.digest,), each.packaging)
        for each in maven.pinned(text)
    ]


def from_npm(text: str) -> list[Pin]:
    """The packages of a package-lock.json (lockfileVersion 3), by their SHA-512."""
    packages = json.loads(text)["packages"]
    return [_from_npm(path.rpartition("node_modules/")[2], told) for path, told in packages.items() if path]


def _from_npm(full: str, told: dict[str, str]) -> Pin:
    scope, _, name = full.rpartition("/")
    digest = base64.b64decode(told["integrity"].removeprefix("sha512-")).hex()
    return Pin("npm", scope, name, told["version"], "SHA-512", (digest,), licence=told.get("license", ""))


def of_packages() -> list[Pin]:
    """The packages of PyPI that casetrail runs on and is made with, from the lock that it ships with."""
    return locked((shipped() / "locks" / "all.txt").read_text("utf-8"))


def of_engines() -> list[Pin]:
    """What `prove` downloads for Elasticsearch, OpenSearch and Kusto."""
    jars = {pin for path in NODES.glob("*/artifacts.txt") for pin in from_maven(path.read_text("utf-8"))}
    npm = {pin for path in NODES.glob("*/package-lock.json") for pin in from_npm(path.read_text("utf-8"))}
    return sorted(jars | npm)

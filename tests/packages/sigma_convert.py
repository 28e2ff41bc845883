"""Run by the interpreter of sigma-cli's own environment: convert rules as that does, many in one go.

Reads a list of `{"target", "rule", "pipelines"}` (the pySigma name of a backend, and YAML texts) as JSON, writes the queries as JSON.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any

from sigma.collection import SigmaCollection
from sigma.plugins import InstalledSigmaPlugins
from sigma.processing.pipeline import ProcessingPipeline


@cache
def piped(*texts: str) -> Any:
    return sum((ProcessingPipeline.from_yaml(text) for text in texts), ProcessingPipeline())


def main() -> None:
    backends: Any = InstalledSigmaPlugins.autodiscover().backends
    jobs = json.load(sys.stdin)
    made = [
        backends[job["target"]](piped(*job["pipelines"])).convert(SigmaCollection.from_yaml(job["rule"]))[0] for job in jobs
    ]
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()

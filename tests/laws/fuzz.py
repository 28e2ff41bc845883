"""How many random examples there are: CASETRAIL_FUZZ in all, shared by the differential tests so that workers run them side by side."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("CASETRAIL_FUZZ", "2000"))


def share(percent: int) -> settings:
    """The settings of a test that takes so much of the examples."""
    return settings(
        max_examples=EXAMPLES * percent // 100,
        deadline=None,
        derandomize="CASETRAIL_FUZZ" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )

"""The levels of Sigma's rules."""

from __future__ import annotations

LEVELS = ("informational", "low", "medium", "high", "critical")
"""The lowest first."""

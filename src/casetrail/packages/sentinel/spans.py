"""Spans as Sentinel's YAML has them, and as Azure and Graph have them."""

from __future__ import annotations

from math import ceil

_MINUTE = 60_000_000
_UNITS = (("d", 1440), ("h", 60), ("m", 1))


def duration(text: str) -> str:
    """A span of whole days, hours or minutes in ISO 8601's form, as Azure gives it back."""
    sizes = dict(_UNITS)
    days, rest = divmod(int(text[:-1]) * sizes[text[-1]], 1440)
    clock = "".join(f"{figure}{unit}" for figure, unit in zip(divmod(rest, 60), "HM", strict=True) if figure)
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def span(micros: int) -> str:
    """A span as Sentinel writes it, in whole minutes at least as long."""
    minutes = ceil(micros / _MINUTE)
    unit, size = next((unit, size) for unit, size in _UNITS if minutes % size == 0)
    return f"{minutes // size}{unit}"

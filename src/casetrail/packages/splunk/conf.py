"""Configuration files as Splunk reads them ("app.conf" and its kin in Splunk's Admin Manual)."""

from __future__ import annotations

from collections.abc import Mapping

from casetrail.pack.files import PackError

Stanzas = Mapping[str, Mapping[str, str]]


def conf(stanzas: Stanzas, comment: str = "") -> bytes:
    """A .conf file. comment: lines at its top. Raises PackError for a name or value that can't stand in one."""
    lines = [f"# {line}" for line in comment.splitlines()]
    lines += [""] if lines else []
    for title, keys in stanzas.items():
        if not title.isprintable() or set(title) & set("[]"):
            raise PackError(f"{title!r} can't name a stanza of a .conf file")
        lines += [f"[{title}]", *(f"{key} = {_value(value)}" for key, value in keys.items()), ""]
    return "\n".join(lines).encode()


def _value(value: str) -> str:
    r"""A value over several lines: `\` at the end of a line goes on, so no line may end in one of its own or be blank."""
    lines = [line.rstrip() for line in value.split("\n")]
    if any(line.endswith("\\") or not line for line in lines) or "\r" in value:
        raise PackError(f"{value!r} can't stand in a .conf file")
    return " \\\n".join(lines)


def one_line(text: object) -> str:
    """A text as one line that a value can be; `-` for none."""
    seen = "".join(char if char.isprintable() else " " for char in str(text))
    return " ".join(seen.split()).rstrip("\\ ") or "-"

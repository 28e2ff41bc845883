"""What an exception says, in the words of whoever wrote the file: no library's text, with what to do."""

from __future__ import annotations

import csv
import errno
import json
import re
import tomllib
import zipfile

_OS = {
    errno.ENOENT: "no such file or folder",
    errno.EACCES: "it may not be read or written by this account",
    errno.EPERM: "it may not be read or written by this account",
    errno.EISDIR: "it is a folder, not a file",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.ENOSPC: "no space is left there",
    errno.EROFS: "nothing can be written there: it is mounted for reading alone",
    errno.EEXIST: "it is there already",
    errno.ELOOP: "its links lead back to themselves",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EMFILE: "too many files are open",
    errno.ENOTEMPTY: "the folder isn't empty",
    errno.EBUSY: "something else is using it",
    errno.ECONNREFUSED: "nothing answers there",
}
_YAML = (
    (r"a document is expected.*", "a line without --- stands where a document begins"),
    (r".*cannot start any token.*", "a character that YAML doesn't allow here, often a tab: indent by spaces"),
    (r".*found unexpected end of stream.*", "a quote or a bracket is opened and never closed"),
    (r".*Duplicate key '(.*)'.*", r"the key '\1' stands here twice: take one of them away"),
    (r".*mapping values are not allowed.*", "a colon where none can be: put the text in quotes, or mend the indent"),
    (r".*could not find expected ':'.*", "a key without its colon, or a line that is indented wrongly"),
    (
        r".*expected <block end>.*|.*expected '<document start>'.*|.*(block|sequence) entries are not allowed.*",
        "a line that is indented otherwise than those beside it, or a quote that isn't closed",
    ),
    (r".*expected ',' or '[\]}]'.*", "a list or a mapping in brackets that isn't closed, or lacks a comma"),
    (
        r".*expected alphabetic or numeric character.*",
        "a bare * or & is an alias or an anchor in YAML: put the text in quotes",
    ),
    (r".*undefined alias.*", "an alias of an anchor that isn't there: a text that begins with * needs quotes"),
    (r".*unknown escape character.*", "a backslash in double quotes begins an escape: put the text in single quotes"),
    (r".*escape sequence.*", "a backslash in double quotes begins an escape: put the text in single quotes"),
    (r".*unhashable key.*", "a list or a mapping stands where a key is expected"),
    (r".*could not determine a constructor.*", "a tag (!) that isn't known here: take it away, or put the text in quotes"),
    (r".*special characters are not allowed.*", "it holds a control character: take it away"),
    (r".*duplicate anchor.*", "an anchor (&) of one name stands here twice"),
    (
        r".*(month|day|hour|minute|second|year).*(must be|out of range).*",
        "a date or a time that there isn't: put it in quotes",
    ),
    (r".*(for a mapping|mapping or list).*merg.*", "what << merges must be a mapping or a list of them"),
)
_UNKNOWN_YAML = "YAML can't be read from here on: mend the line, or put its text in quotes"


def of_yaml(message: str) -> str:
    """What PyYAML says, in our words."""
    for pattern, told in _YAML:
        found = re.fullmatch(pattern, message, re.S)
        if found is not None:
            return found.expand(told)
    return _UNKNOWN_YAML


def of_os(error: OSError) -> str:
    """What the system says, in our words, without the path."""
    return _OS.get(error.errno or 0, "the system refuses it")


def in_words(error: BaseException) -> str:
    """What an exception says, in our words; its own where they are ours.

    A ValueError's are: libraries' are turned where they are raised.
    """
    match error:
        case OSError():
            path = f"{error.filename}: " if error.filename else ""
            return f"{path}{of_os(error)}"
        case _ if any(kind.__module__ == "yaml.error" for kind in type(error).__mro__):
            return of_yaml(" ".join(str(error).split()))
        case json.JSONDecodeError():
            return f"it is no JSON from line {error.lineno}, column {error.colno} on"
        case tomllib.TOMLDecodeError():
            return of_toml(error)
        case csv.Error():
            return "it can't be read as CSV: a quote isn't closed, or a cell is too long"
        case zipfile.BadZipFile():
            return "it is no whole zip file"
        case UnicodeDecodeError():
            return "it isn't UTF-8"
        case KeyError():
            return f"{error.args[0] if error.args else 'a key'} is missing"
        case RecursionError():
            return "it is nested too deeply, or holds itself"
        case TypeError() | AttributeError() | IndexError() | ArithmeticError():
            return "something of another kind stands there than belongs there"
        case _:
            return str(error)


def of_toml(error: tomllib.TOMLDecodeError) -> str:
    """What Python's reader of TOML says, in our words."""
    place = re.search(r"at line (\d+), column (\d+)", str(error))
    return "it can't be read as TOML" + (f" from line {place[1]}, column {place[2]} on" if place else "")

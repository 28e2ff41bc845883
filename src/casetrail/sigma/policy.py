"""How pySigma compiles the regular expressions of rules: by RE2, which says in an exception, and nowhere else, what is wrong."""

from __future__ import annotations

import re
from typing import cast

import re2
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RE2RegexEngine, RegexPattern

_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}


class _Quiet(RE2RegexEngine):
    def __deepcopy__(self, memo: dict[int, object]) -> RE2RegexEngine:
        """pySigma copies the detections of a filter for each rule, and their policy with them, which holds a module."""
        return self

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        options = re2.Options()
        options.log_errors = False
        marks = "".join(mark for flag, mark in _FLAGS.items() if flags & flag)
        try:
            return cast(RegexPattern, re2.compile(f"(?{marks}){pattern}" if marks else pattern, options))
        except re2.error as error:
            reason = error.args[0]
            raise re2.error(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from error


POLICY = SigmaPolicy(regex_engine=_Quiet())

"""Chance that falls the same way for the same words."""

from __future__ import annotations

import math
import random

_MANY = 30


class Chance(random.Random):
    """A random generator with the draws that a day's work asks for."""

    def happens(self, share: float) -> bool:
        return self.random() < share

    def count(self, mean: float) -> int:
        """How often something happens that is as likely at any time."""
        if mean > _MANY:
            return max(0, round(self.gauss(mean, math.sqrt(mean))))
        limit, product, number = math.exp(-mean), self.random(), 0
        while product > limit:
            product *= self.random()
            number += 1
        return number

    def heavy(self, mean: float, spread: float = 0.8) -> int:
        """A count with a heavy tail."""
        return round(self.lognormvariate(math.log(max(mean, 0.1)) - spread * spread / 2, spread))

    def moments(self, number: int, start: int, end: int) -> list[int]:
        """Moments between two, in order."""
        return sorted(self.randrange(start, max(end, start + 1)) for _ in range(number))


def chance(*words: object) -> Chance:
    """The chance of some words, such as a seed, a day and a person's number."""
    return Chance("/".join(map(str, words)))

"""Chance: draws that look random and come out the same on every run, so that the demo is one world and not many."""

import hashlib
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

Item = TypeVar("Item")

_NORMAL = NormalDist()
_UNIT_BITS = 53


class Chance:
    """A stream of draws that its words alone decide: what is drawn for one thing never shifts another's."""

    def __init__(self, *words: object) -> None:
        self._seed = "/".join(map(str, words)).encode()
        self._drawn = 0

    def unit(self) -> float:
        """Evenly from 0 up to, but not including, 1."""
        self._drawn += 1
        digest = hashlib.blake2b(self._seed, digest_size=8, salt=self._drawn.to_bytes(8, "big")).digest()
        return (int.from_bytes(digest, "big") >> (64 - _UNIT_BITS)) / (1 << _UNIT_BITS)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """Both ends included."""
        return low + int(self.unit() * (high - low + 1))

    def happens(self, probability: float) -> bool:
        return self.unit() < probability

    def spread(self, middle: float, width: float) -> float:
        """Around a middle, as often above as below, with a long tail upwards (log-normal)."""
        # The ends themselves lie infinitely far out.
        level = min(max(self.unit(), 1e-6), 1 - 1e-6)
        return middle * math.exp(width * _NORMAL.inv_cdf(level))

    def one(self, items: Sequence[Item]) -> Item:
        return items[int(self.unit() * len(items))]

    def weighted(self, items: Sequence[Item], weights: Sequence[float]) -> Item:
        left = self.unit() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def several(self, items: Sequence[Item], weights: Sequence[float], count: int) -> list[Item]:
        """Up to `count` different ones, the heavier the likelier; what weighs nothing is never drawn."""
        # The keys of Efraimidis and Spirakis: one draw an item, the highest win.
        keyed = [(self.unit() ** (1 / weight), number) for number, weight in enumerate(weights) if weight > 0]
        return [items[number] for _, number in sorted(keyed, reverse=True)[:count]]

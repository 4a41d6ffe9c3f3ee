"""Sketch: about how many different things were added to it, in a kilobyte; two of them merge into their union's.

A HyperLogLog of 1,024 registers: a thing's hash chooses a register and a rank, and a register keeps the highest rank.
The estimate is O. Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017): nearly exact for
small numbers, and without the jump between two ways of counting that the original has.
"""

import functools
import hashlib
import math
import zlib
from collections.abc import Iterable

_INDEX_BITS = 10
REGISTERS = 1 << _INDEX_BITS
_RANK_BITS = 64 - _INDEX_BITS
_RANK_MAX = _RANK_BITS + 1
# The standard error of large numbers: 1.04 by the root of the number of registers.
STANDARD_ERROR = 1.04 / math.sqrt(REGISTERS)
_ERRORS_OF_MARGIN = 3.0
_SIZE = REGISTERS * REGISTERS / (2.0 * math.log(2.0))


class Positions:
    """Where things fall, by a keyed hash: without the key nobody can choose things that fall together."""

    def __init__(self, key: bytes, *, kept_max: int) -> None:
        self._key = key
        self.of = functools.lru_cache(kept_max)(self._hashed)

    def _hashed(self, thing: int) -> tuple[int, int]:
        data = thing.to_bytes(8, "big", signed=True)
        hashed = int.from_bytes(hashlib.blake2b(data, key=self._key, digest_size=8).digest(), "big")
        rest = hashed >> _INDEX_BITS
        return hashed & (REGISTERS - 1), _RANK_MAX - rest.bit_length()


class Sketch:
    """Mutable: whoever shares one adds to it, or merges another into it, in one step."""

    __slots__ = ("_at_most", "_estimate", "registers")

    def __init__(self, registers: bytes = bytes(REGISTERS)) -> None:
        self.registers = bytearray(registers)
        self._estimate: int | None = None
        self._at_most: int | None = None

    def add(self, positions: Iterable[tuple[int, int]]) -> bool:
        """Hot path: a page of things, 2 µs when all are known. Whether anything about the sketch changed."""
        registers = self.registers
        changed = False
        for index, rank in positions:
            if registers[index] < rank:
                registers[index] = rank
                changed = True
        if changed:
            self._estimate = self._at_most = None
        return changed

    def merge(self, other: "Sketch") -> None:
        self.registers = bytearray(map(max, self.registers, other.registers))
        self._estimate = self._at_most = None

    @property
    def things(self) -> int:
        """About how many different things were added."""
        if self._estimate is None:
            self._estimate = _estimated(self.registers)
        return self._estimate

    @property
    def things_at_most(self) -> int:
        """The estimate and three times its error: hardly ever were there more."""
        if self._at_most is None:
            self._at_most = at_most(self.things)
        return self._at_most

    def packed(self) -> bytes:
        """Small where it is mostly empty."""
        return zlib.compress(self.registers, 1)


def unpacked(packed: bytes) -> Sketch:
    """Raises ValueError for what no sketch was packed into."""
    try:
        registers = zlib.decompress(packed)
    except zlib.error as error:
        raise ValueError("this is no sketch") from error
    if len(registers) != REGISTERS:
        raise ValueError("this sketch has another size")
    return Sketch(registers)


def at_most(things: int) -> int:
    """For an estimate that was kept without its sketch."""
    return things + round(_ERRORS_OF_MARGIN * _error(things))


def _error(things: int) -> float:
    """Standard error: that of counting empty registers while most are empty, and never above that of large numbers."""
    load = things / REGISTERS
    large = STANDARD_ERROR * things
    return large if load > 1 else min(large, math.sqrt(REGISTERS * (math.exp(load) - load - 1)))


def _estimated(registers: bytearray) -> int:
    of_rank = [0] * (_RANK_MAX + 1)
    for rank in registers:
        of_rank[rank] += 1
    if of_rank[0] == REGISTERS:
        return 0
    total = REGISTERS * _tau(1.0 - of_rank[_RANK_MAX] / REGISTERS)
    for rank in range(_RANK_BITS, 0, -1):
        total = 0.5 * (total + of_rank[rank])
    return round(_SIZE / (total + REGISTERS * _sigma(of_rank[0] / REGISTERS)))


def _sigma(empty: float) -> float:
    """What empty registers tell: x + x² + 2x⁴ + 4x⁸ and so on."""
    power, factor, total = empty, 1.0, empty
    while True:
        power *= power
        before = total
        total += power * factor
        factor += factor
        if total == before:
            return total


def _tau(not_full: float) -> float:
    """The like for full registers; no number of things that anybody has fills one."""
    if not_full in (0.0, 1.0):
        return 0.0
    power, factor, total = not_full, 1.0, 1.0 - not_full
    while True:
        power = math.sqrt(power)
        before = total
        factor *= 0.5
        total -= (1.0 - power) ** 2 * factor
        if total == before:
            return total / 3.0

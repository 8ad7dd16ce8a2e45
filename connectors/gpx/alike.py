"""Which of many short pieces of text are written alike, so that each kind need be read only once."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from connectors.gpx.text import FIRST, Declined, Places, Text, Words

_Index = npt.NDArray[np.intp]

_ROUNDS = 16
_BUCKET_BITS = 16
#: the golden ratio in 64 bits, which spreads words over the buckets. Source: Knuth, multiplicative hashing
_MIXER = 0x9E3779B97F4A7C15


def heads(text: Text, begin: Places, length: Places) -> Words:
    """The first eight characters of each piece as a word, fewer if it is shorter."""
    head: Words = text.words[begin] & FIRST[np.minimum(length, 8)]
    return head


def kinds_of(text: Text, begin: Places, length: Places, head: Words) -> tuple[_Index, _Index]:
    """For n pieces of text: the number of each one's kind, (n,), and the place of the first of each kind.

    Pieces are thrown into buckets by a mixture of all their words, and compared word by word with the first of their
    bucket; those that differ from it are thrown again, otherwise.
    """
    tail: Words = np.where(length > 8, text.words[begin + np.maximum(length, 8) - 8], np.uint64(0))
    middles = list(_middles(text, begin, length))
    mixed = head ^ (tail * np.uint64(_MIXER)) ^ (length.astype(np.uint64) << np.uint64(40))
    for rest, words in middles:
        mixed[rest] = mixed[rest] * np.uint64(_MIXER) + words
    model = np.empty(len(begin), dtype=np.intp)
    everything = np.arange(len(begin))
    left = everything
    first_in = np.empty(1 << _BUCKET_BITS, dtype=np.intp)
    for turn in range(_ROUNDS):
        if not len(left):
            break
        factor = np.uint64((_MIXER * (2 * turn + 1)) % 2**64)
        bucket = (((mixed if left is everything else mixed[left]) * factor) >> np.uint64(64 - _BUCKET_BITS)).astype(
            np.intp
        )
        # backwards: the first stays
        first_in[bucket[::-1]] = left[::-1]
        model[left] = first_in[bucket]
        same = (head == head[model]) & (tail == tail[model]) & (length == length[model])
        for rest, words in middles:
            whole = np.zeros(len(begin), dtype=np.uint64)
            whole[rest] = words
            same[rest] &= words == whole[model[rest]]
        left = np.flatnonzero(~same)
    if len(left):
        raise Declined("tags that look alike")
    is_first = model == everything
    firsts = np.flatnonzero(is_first)
    return (np.cumsum(is_first) - 1)[model], firsts


def _middles(text: Text, begin: Places, length: Places) -> Iterator[tuple[_Index, Words]]:
    """Word by word what lies between the first and the last eight characters of the pieces that have more than these."""
    rest, at = np.flatnonzero(length > 16), 8
    while len(rest):
        yield rest, text.words[begin[rest] + at]
        at += 8
        rest = rest[length[rest] > at + 8]

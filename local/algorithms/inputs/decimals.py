"""Lines of decimals -> a table, by arithmetic on eight characters at a time.

    >>> parse(b"1,-2.5,300.000000001\\n0,4.0,-0.25\\n", columns=3).tolist()
    [[1.0, -2.5, 300.000000001], [0.0, 4.0, -0.25]]
    >>> parse(b"1,2e3\\n", columns=2) is None
    True

A decimal is an optional minus and up to fifteen digits, with or without a point. So its digits are a whole number that
a double holds exactly, as is the power of ten that divides it, and the quotient is the nearest double: the same, to the
bit, that `float` makes of the text. (Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990.) All else,
spaces, quotes and exponents among it, is left to a reader that takes everything, and its time.

Eight digits are added up in three steps, in pairs of bytes, then of pairs, then of fours:
https://lemire.me/blog/2022/01/21/swar-explained-parsing-eight-digits/
"""

import numpy as np

_LINE_FEED, _COMMA, _MINUS, _POINT, _SLASH, _ZERO, _NINE = b"\n,-./09"
_WORD = 8
_MOST_DIGITS = 15
_POWERS = 10 ** np.arange(2 * _WORD, dtype=np.uint64)


def _repeated(byte: int) -> np.uint64:
    return np.uint64(int.from_bytes(bytes([byte]) * _WORD, "little"))


_ZEROS = _repeated(_ZERO)
_PAIRS = np.uint64(0x000000FF_000000FF)
_EVEN, _ODD = np.uint64(100 + (1_000_000 << 32)), np.uint64(1 + (10_000 << 32))
_TEN, _BITS, _TWO_BYTES, _FOUR_BYTES, _WORD_BITS = (np.uint64(number) for number in (10, 8, 16, 32, 64))


def parse(lines: bytes, columns: int) -> np.ndarray | None:
    """Whole lines of `columns` decimals, (rows, columns), or None where one of them is anything else."""
    # Behind the last character there is room for two words that begin there.
    padded = np.frombuffer(lines + bytes(3 * _WORD - len(lines) % _WORD), dtype=np.uint8)
    text = padded[: len(lines)]
    if len(text) == 0 or text.max() > _NINE or np.count_nonzero(text == _SLASH):
        return None
    stops = np.flatnonzero(text <= _COMMA)
    if len(stops) % columns or not _are_rows(text[stops].reshape(-1, columns)):
        return None
    starts = np.empty_like(stops)
    starts[0], starts[1:] = 0, stops[:-1] + 1
    points = _points(text, stops, columns)
    if points is None:
        return None
    negative = text[starts] == _MINUS
    if np.count_nonzero(negative) != np.count_nonzero(text == _MINUS):
        return None
    values = _values(padded.view("<u8"), starts + negative, points, stops)
    if values is None:
        return None
    np.negative(values, out=values, where=negative)
    return values.reshape(-1, columns)


def _are_rows(separators: np.ndarray) -> bool:
    """Whether separators (rows, columns) are commas, and a line feed at the end of each row."""
    return bool((separators[:, :-1] == _COMMA).all() and (separators[:, -1] == _LINE_FEED).all())


def _points(text: np.ndarray, stops: np.ndarray, columns: int) -> np.ndarray | None:
    """Where the point of each number is, or would be behind its last digit; None where a number has two."""
    count = np.count_nonzero(text == _POINT)
    if count == 0:
        return stops
    points = stops.copy()
    # Mostly a column has as many places in all rows as in the first.
    rows, first = points.reshape(-1, columns), np.flatnonzero(text[: stops[columns - 1]] == _POINT)
    fractional = np.searchsorted(stops[:columns], first)
    guess = rows[:, fractional] - (stops[fractional] - first)
    if guess.size == count and _rise(fractional) and guess.min() >= 0 and (text[guess] == _POINT).all():
        rows[:, fractional] = guess
        return points
    places = np.flatnonzero(text == _POINT)
    numbers = np.searchsorted(stops, places)
    if not _rise(numbers):
        return None
    points[numbers] = places
    return points


def _rise(numbers: np.ndarray) -> bool:
    """Whether each of some sorted numbers is there once."""
    return bool((numbers[1:] > numbers[:-1]).all())


def _values(words: np.ndarray, starts: np.ndarray, points: np.ndarray, stops: np.ndarray) -> np.ndarray | None:
    """The numbers without their signs; None where one has no digit, or too many."""
    before, after = points - starts, np.maximum(stops - points - 1, 0)
    digits = before + after
    if digits.min() < 1 or digits.max() > _MOST_DIGITS or before.min() < 0:
        return None
    whole = _whole_numbers(words, starts, before)
    places = int(after.max())
    if places == 0:
        return whole.astype(float)
    scales = _POWERS[after] if after.min() < places else _POWERS[places]
    whole *= scales
    whole += _whole_numbers(words, points + 1, after)
    return whole / scales.astype(float)


def _whole_numbers(words: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The numbers of up to sixteen digits that begin at the characters `starts` of `words`."""
    longest = int(lengths.max())
    if longest <= _WORD:
        return _eight_digits(words, starts, lengths)
    if longest == _WORD + 1 == lengths.min():
        last = words.view(np.uint8)[starts + _WORD]
        return _eight_digits(words, starts, np.full_like(lengths, _WORD)) * _TEN + (last - _ZERO)
    rest = np.maximum(lengths - _WORD, 0)
    numbers = _eight_digits(words, starts, lengths - rest)
    numbers *= _POWERS[rest] if rest.min() < longest - _WORD else _POWERS[longest - _WORD]
    numbers += _eight_digits(words, starts + _WORD, rest)
    return numbers


def _eight_digits(words: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The numbers of up to eight digits: 64-bit integers without a sign."""
    places = starts >> 3
    offsets = ((starts & 7) << 3).astype(np.uint64)
    digits = words[places]
    digits >>= offsets
    places += 1
    digits |= words[places] << (_WORD_BITS - offsets)
    digits ^= _ZEROS
    # The first digit is in the lowest byte. Zeros come in from there until the last is in the highest.
    digits <<= ((_WORD - lengths) << 3).astype(np.uint64)
    digits = digits * _TEN + (digits >> _BITS)
    odd = digits >> _TWO_BYTES
    digits &= _PAIRS
    odd &= _PAIRS
    digits *= _EVEN
    odd *= _ODD
    digits += odd
    digits >>= _FOUR_BYTES
    return digits

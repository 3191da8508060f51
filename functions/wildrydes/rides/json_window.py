"""A window of text that moves over a stream of bytes and decodes one JSON value after the other.

    blocks of bytes ──UTF-8──> text (what is left unread, and the blocks that came since) ──C scanner──> values

Values may straddle any number of blocks, and blocks may be cut anywhere, inside a character or an escape too. Memory
is bounded by one block and the largest value. A value that the text ends within is scanned again once the text has at
least doubled, so even blocks of one byte cost no more than some scans of each value. What is wrong with a file is
reported at the same byte however it was cut into blocks. A value that has a key twice, or is nested too deeply for any
ride, is a BadRide in the place of the value: reading goes on after it.

    >>> window = JsonWindow([b'{"a": 1', b'} [tr', b'ue]'])
    >>> window.value()  # its first byte, the byte after its last, the value, its text
    (0, 8, {'a': 1}, '{"a": 1}')
    >>> window.next_character(), window.value()
    ('[', (9, 15, [True], '[true]'))
"""

import codecs
from collections.abc import Iterable, Iterator
from itertools import accumulate, count, islice, pairwise
from json import JSONDecodeError, JSONDecoder
from operator import add
from re import compile as pattern
from typing import TYPE_CHECKING, Any, NamedTuple

from wildrydes import strict_json
from wildrydes.errors import BadJson, BadRide, BadRideFile, Position, UnreadableBlocks
from wildrydes.strict_json import Nesting

if TYPE_CHECKING:
    # Who reads single records does not pay for what reads many.
    from wildrydes.rides.runs import RunReader

LARGEST_VALUE = 1 << 20
"""The characters that one value may have."""

# Between values there may be marks too: a byte order mark (of files put together), a record separator (RFC 7464).
_SPACE = pattern("[ \t\n\r\ufeff\x1e]*")
_COMMA = pattern(f"{_SPACE.pattern},{_SPACE.pattern}")
_LITERALS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
# What the scanner stops at when the text, not the value, is at its end.
_CUT_SHORT = {literal[:length] for literal in _LITERALS for length in range(len(literal))}
_CUT_SHORT |= {"."} | {f"{exponent}{sign}" for exponent in "eE" for sign in ("", "+", "-")}
_LONGEST_ESCAPE = len(r"\ud83e\udd84")

_decode = JSONDecoder().raw_decode
# For integers of more digits than int() takes.
_decode_integers_as_floats = JSONDecoder(parse_int=float).raw_decode


class Run(NamedTuple):
    """Its first byte in its file, the byte after its last, its records, what was made of them, their text in UTF-8."""

    start: int
    end: int
    records: int
    content: Any
    data: bytes

    def starts(self) -> Iterator[int]:
        """The first byte of each record."""
        return islice(map(add, accumulate(map(len, self.data.split(b"{"))), count(self.start)), self.records)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """The first byte of each record, and the byte after its last. There may be a } in a string, but no {."""
        data, first = self.data, self.start
        for start, following in pairwise([*self.starts(), self.end]):
            yield start, first + data.rindex(b"}", start - first, following - first) + 1


class Taken(NamedTuple):
    """A run, by the place in its text after it."""

    end: int
    records: int
    content: Any
    data: bytes

    def run(self, start: int, end: int) -> Run:
        """The run, with its place in its file."""
        return Run(start, end, self.records, self.content, self.data)


class JsonWindow:
    """Reads JSON values from blocks of bytes; `byte` is the offset of the first block in its file.

    With `runs` it takes plain records together, where its caller asks for a run.
    """

    def __init__(self, blocks: Iterable[bytes], byte: int = 0, runs: "RunReader | None" = None) -> None:
        self.text = ""
        self.at = 0
        self.values = 0
        self._blocks = iter(blocks)
        self._runs = runs
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._decode = _decode
        self._ended = False
        # Why there is no more text than there is: reason and detail.
        self._broken: tuple[str, str] | None = None
        self._unopened = True
        # Where text[0] is in the file: its byte, the line feeds before it, the characters since the last of them.
        self._byte, self._line, self._column = byte, 0, 0
        # A place of the text and its byte, so that each character is measured once.
        self._mark, self._mark_byte = 0, byte

    def next_character(self) -> str:
        """Moves to the next character that is no white space and no mark; "" at the end."""
        while True:
            match = _SPACE.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if self._ended:
                self._raise_if_broken()
                return ""
            self._fill()

    def skip_comma(self) -> bool:
        """Moves past a comma and the white space around it, if one is next."""
        match = _COMMA.match(self.text, self.at)
        if match and match.end() < len(self.text):
            self.at = match.end()
            return True
        if self.next_character() != ",":
            return False
        self.at += 1
        self.next_character()
        return True

    def skip(self, opening: Any, characters: int) -> bool:
        """Moves past `opening`, a compiled pattern that at most the next `characters` can match, if it is next."""
        while len(self.text) - self.at < characters and not self._ended:
            self._fill()
        match = opening.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match is not None

    def value(self) -> tuple[int, int, Any, str]:
        """The JSON value that is next: its first byte, the byte after its last, itself, its text.

        NaN and Infinity are taken as values. Raises BadRideFile.
        """
        nesting: Nesting | None = None
        while True:
            try:
                value, end = self._decode(self.text, self.at)
            except JSONDecodeError as fault:
                nesting = nesting or Nesting()
                if nesting.exceeds(self.text, self.at, fault.pos):
                    return self._deep_value(nesting)
                self._expect_more(fault.pos, fault.msg)
            except RecursionError:
                return self._deep_value(nesting or Nesting())
            except ValueError:
                self._decode = _decode_integers_as_floats
            else:
                # A number at the end of the text may go on in the next block.
                if end < len(self.text) or self._ended or self.text[end - 1] in '}]"':
                    return self._take(value, end)
                self._fill()

    def run(self, *, in_list: bool) -> Run | None:
        """The plain records that are next, in a list or bare; None where `value` has to read the next one."""
        if not self._runs or not (taken := self._runs.read(self.text, self.at, in_list=in_list)):
            return None
        start, self.at = self.at, taken.end
        self.values += taken.records
        return taken.run(self._byte_of(start), self._byte_of(self.at))

    def fault(self, reason: str, detail: str, index: int | None = None) -> BadRideFile:
        """A BadRideFile at a place of the text, by default the one that is next."""
        place = self.at if index is None else index
        before = self.text[:place]
        last_line_feed = before.rfind("\n")
        column = len(before) - last_line_feed - 1 if last_line_feed >= 0 else self._column + len(before)
        position = Position(self._byte_of(place), self._line + before.count("\n") + 1, column + 1)
        return BadRideFile(reason, detail, position, self.values)

    def _deep_value(self, nesting: Nesting) -> tuple[int, int, Any, str]:
        """A value whose brackets are nested too deeply, up to the one that closes it: what is in it is not decoded."""
        while (end := nesting.closing(self.text, self.at)) < 0:
            if len(self.text) - self.at > LARGEST_VALUE:
                raise self._too_large()
            if self._ended:
                self._raise_if_broken()
                raise self.fault("too_deep", strict_json.too_deep().detail)
            self._fill()
        return self._take(None, end, strict_json.too_deep())

    def _take(self, value: Any, end: int, fault: BadJson | None = None) -> tuple[int, int, Any, str]:
        start, text = self.at, self.text[self.at : end]
        if len(text) > LARGEST_VALUE:
            raise self._too_large()
        if fault := fault or strict_json.fault_of(value, text):
            value = BadRide(fault.reason, fault.field, fault.detail)
        self.at = end
        self.values += 1
        if self.text.isascii():
            return self._byte + start, self._byte + end, value, text
        return self._byte_of(start), self._byte_of(end), value, text

    def _expect_more(self, index: int, message: str) -> None:
        """After a scan that failed at `index`: takes more text if that can mend it, raises BadRideFile if not."""
        in_text = message.startswith("Unterminated")
        if (len(self.text) if in_text else index) - self.at > LARGEST_VALUE:
            raise self._too_large()
        rest = self.text[index : index + _LONGEST_ESCAPE + 1]
        in_escape = message.startswith("Invalid \\") and len(rest) <= _LONGEST_ESCAPE
        if not (in_text or in_escape or rest in _CUT_SHORT):
            raise self.fault("not_json", message, index)
        if self._ended:
            self._raise_if_broken()
            raise self.fault("truncated_file", "the file ends within a record or a list", len(self.text))
        self._fill()

    def _too_large(self) -> BadRideFile:
        return self.fault("record_too_large", f"a record has more than {LARGEST_VALUE} characters")

    def _raise_if_broken(self) -> None:
        if self._broken:
            raise self.fault(*self._broken, len(self.text))

    def _byte_of(self, index: int) -> int:
        if self.text.isascii():
            return self._byte + index
        if index < self._mark:
            self._mark, self._mark_byte = 0, self._byte
        self._mark_byte += len(self.text[self._mark : index].encode())
        self._mark = index
        return self._mark_byte

    def _fill(self) -> None:
        """Drops the text that was read, and takes at least as much again as is unread."""
        self._byte = self._mark_byte = self._byte_of(self.at)
        unread, lines = self.text[self.at :], self.text.count("\n", 0, self.at)
        self._column = self.at - self.text.rfind("\n", 0, self.at) - 1 if lines else self._column + self.at
        self._line += lines
        pieces, length = [unread], 0
        while not self._ended and length <= len(unread):
            pieces.append(self._next_text())
            length += len(pieces[-1])
        self.text, self.at, self._mark = "".join(pieces), 0, 0

    def _next_text(self) -> str:
        block = self._next_block()
        try:
            text = self._utf8.decode(block, final=self._ended and not self._broken)
        except UnicodeDecodeError as fault:
            self._ended = True
            self._broken = "not_utf8", f"a byte that is no UTF-8: {fault.reason}; convert the file to UTF-8"
            text = fault.object[: fault.start].decode()
        if self._unopened and text:
            self._unopened = False
            if text.startswith("\ufeff"):
                text = text[1:]
                self._byte += 3
                self._mark_byte += 3
        return text

    def _next_block(self) -> bytes:
        """The next block; after the last, and where the blocks cannot be read on, an empty one."""
        try:
            block = next(self._blocks, None)
        except UnreadableBlocks as fault:
            block, self._broken = None, (fault.reason, fault.detail)
        self._ended = block is None
        return block or b""

"""Makes texts fit into so many bytes of UTF-8, cut where a reader loses least."""

import re
import unicodedata
from collections.abc import Callable, Sequence

BLANK = "\n\n"
_CUT = "…"
_HALF_AN_ENTITY = re.compile(r"&[#\w]{0,7}$", re.ASCII)
_JOINING = "\u200d\ufe0f\ufe0e"


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))


def cut(text: str, limit: int) -> str:
    """The text in at most `limit` bytes, with an ellipsis where it was cut; never inside a character or an accent."""
    if size(text) <= limit:
        return text
    room = limit - size(_CUT)
    if room < 0:
        return ""
    kept = text.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
    while kept and _belongs_to_the_one_before(text[len(kept)]):
        kept = kept[:-1]
    return _HALF_AN_ENTITY.sub("", kept).rstrip() + _CUT


def _belongs_to_the_one_before(character: str) -> bool:
    return character in _JOINING or unicodedata.combining(character) > 0


def cut_lines(text: str, limit: int) -> str:
    """The text in at most `limit` bytes: whole lines, and only a first line that is too long is cut within."""
    if size(text) <= limit:
        return text
    lines = text.split("\n")
    room, kept = limit - size(f"\n{_CUT}"), list[str]()
    for line in lines:
        room -= size(line) + bool(kept)
        if room < 0:
            break
        kept.append(line)
    return "\n".join((*kept, _CUT)) if kept else cut(lines[0], limit)


def chunks(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` bytes, split between lines; a longer line is cut."""
    pieces, room = list[list[str]](), -1
    for line in (cut(line, limit) for line in text.split("\n")):
        room -= size(line) + 1
        if room < 0:
            pieces.append([])
            room = limit - size(line)
        pieces[-1].append(line)
    return ["\n".join(lines) for lines in pieces]


def fit(
    lead: Sequence[str],
    blocks: Sequence[str],
    tail: Sequence[str],
    *,
    limit: int,
    beyond: int,
    more: Callable[[int], str],
) -> tuple[str, ...]:
    """As many whole blocks as fit between lead and tail; `more` says how many are left out, `beyond` more than these.

    The parts joined by blank lines take at most `limit` bytes. A first block that is too long is cut by lines.
    """
    around = [*lead, *tail]
    room = limit - sum(size(part) + len(BLANK) for part in around)
    for count in range(len(blocks), 0, -1):
        chosen = [*blocks[:count], *_rest(len(blocks) - count + beyond, more)]
        if size(BLANK.join(chosen)) <= room:
            return (*lead, *chosen, *tail)
    first = _first(blocks, room, beyond, more)
    if not first and size(BLANK.join(around)) > limit:
        return tuple(part for part in (cut_lines(BLANK.join(around), limit),) if part)
    return (*lead, *first, *tail)


def _first(blocks: Sequence[str], room: int, beyond: int, more: Callable[[int], str]) -> list[str]:
    if not blocks:
        return []
    rest = _rest(len(blocks) - 1 + beyond, more)
    first = cut_lines(blocks[0], room - sum(size(part) + len(BLANK) for part in rest))
    return [first, *rest] if first else [part for part in (cut_lines(blocks[0], room),) if part]


def _rest(count: int, more: Callable[[int], str]) -> list[str]:
    return [more(count)] if count else []

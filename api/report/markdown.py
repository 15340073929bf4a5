"""A report as Markdown, for mails, tickets and chats that show it; charts are told in words."""

import re
from collections.abc import Iterable, Iterator

from api.report.document import Badge, Block, Cell, Code, Document, Facts, Figure, Paragraph, Table

_ICONS = {"healthy": "✔ ", "degraded": "⚠ ", "unhealthy": "✖ ", "unknown": "? "}
_MARKUP = re.compile(r"([\\`*\[\]<>|~#!&]|(?<![^\W_])_|_(?![^\W_]))")
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def markdown(document: Document) -> str:
    """The whole text, with a line's end at its end."""
    return "\n".join(_lines(document)).rstrip("\n") + "\n"


def escaped(text: str) -> str:
    """The text on one line, so that nothing in it is markup."""
    return _MARKUP.sub(r"\\\1", _UNSHOWN.sub(" ", text))


def _lines(document: Document) -> Iterator[str]:
    yield f"# {escaped(document.title)}"
    yield ""
    yield f"{escaped(document.span)}  "
    yield escaped(document.zone)
    yield ""
    yield f"**{_ICONS[document.health]}{escaped(document.headline)}**"
    yield ""
    yield from (f"- {escaped(sentence)}" for sentence in document.lead)
    if document.commands:
        yield from ("", f"{escaped(document.next)}:", "", *(f"    {command}" for command in document.commands))
    for section in document.sections:
        yield from ("", f"## {escaped(section.heading)}")
        for block in section.blocks:
            yield ""
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield escaped(block.text)
        case Facts():
            yield from (f"- {escaped(fact.name)}: {_cell(fact.value)}{_note(fact.note)}" for fact in block.facts)
        case Figure():
            yield f"{escaped(block.caption)}: {escaped(block.told)}"
        case Table():
            yield from _table(block)


def _note(text: str) -> str:
    return f" ({escaped(text)})" if text else ""


def _table(table: Table) -> Iterator[str]:
    yield _row(escaped(name) for name in table.header)
    yield _row("---:" if place in table.numbers else "---" for place in range(len(table.header)))
    yield from (_row(map(_in_table, row)) for row in table.rows)


def _in_table(cell: Cell) -> str:
    # Only here a pipe ends code.
    return _cell(cell).replace("|", "\\|") if isinstance(cell, Code) else _cell(cell)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Badge):
        return f"{_ICONS.get(cell.kind, '')}{escaped(cell.word)}"
    return _code(cell.text) if isinstance(cell, Code) else escaped(cell)


def _code(text: str) -> str:
    """The text between more backticks than it has in a row."""
    shown = _UNSHOWN.sub(" ", text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if len(fence) > 1 else f"{fence}{shown}{fence}"

"""A report as a document: a headline, what to know first, and sections of blocks, without a format yet."""

from dataclasses import dataclass

from api.charts.svg import Svg


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with a meaning that a colour may show as well: `kind` is a health, a level or a state."""

    word: str
    kind: str


@dataclass(frozen=True, slots=True)
class Code:
    """What somebody may type or search for as it stands."""

    text: str


Cell = str | Badge | Code


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences; `faint` ones are read last."""

    text: str
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; the columns in `numbers` are read from the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: range = range(0)


@dataclass(frozen=True, slots=True)
class Fact:
    """A name with its value, and perhaps what else is to be said of it."""

    name: str
    value: Cell
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Several facts; as cards where they are to be seen at a glance."""

    facts: tuple[Fact, ...]
    cards: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, its caption, and what it shows in words."""

    svg: Svg
    caption: str
    told: str


Block = Paragraph | Table | Facts | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading; `name` is its anchor."""

    name: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report in one language; `commands` are what to type next."""

    language: str
    title: str
    span: str
    zone: str
    health: str
    headline: str
    lead: tuple[str, ...]
    next: str
    commands: tuple[str, ...]
    sections: tuple[Section, ...]

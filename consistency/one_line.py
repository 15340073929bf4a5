"""Text of other people's programs as one short line that can be shown, stored and logged."""

from consistency.masking import mask_text

LONGEST = 300


def one_line(text: object, longest: int = LONGEST) -> str:
    """Printable characters on one line, without passwords, cut off at `longest`."""
    line = " ".join(mask_text(str(text)[: 4 * longest]).split())
    shown = line if line.isprintable() else "".join(char if char.isprintable() else "?" for char in line)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"

from pathlib import Path

from cli.manual import manual

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "cli.md"


def test_the_reference_of_the_command_line_is_current() -> None:
    assert PAGE.read_text() == manual(), "run scripts/docs"

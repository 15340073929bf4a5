"""The services' output, merged."""

import io

import pytest

from cli.up.output import Output


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_lines_are_put_together_from_the_pieces_that_arrive() -> None:
    stream = io.StringIO()
    output = Output(stream, ["worker", "beat"])
    output.feed("worker", b"one\ntw")
    output.feed("beat", b"tick\n")
    output.feed("worker", b"o\r\n")
    assert stream.getvalue() == "worker | one\nbeat   | tick\nworker | two\n"


def test_a_last_line_without_an_end_is_shown_when_the_service_ends() -> None:
    stream = io.StringIO()
    output = Output(stream, ["worker"])
    output.feed("worker", b"Killed")
    assert stream.getvalue() == ""
    output.close("worker")
    output.close("worker")
    assert stream.getvalue() == "worker | Killed\n"


def test_a_character_cut_in_two_survives_and_bytes_that_are_no_text_do_no_harm() -> None:
    stream = io.StringIO()
    output = Output(stream, ["beat"])
    for byte in "任务\n".encode():
        output.feed("beat", bytes([byte]))
    output.feed("beat", b"\xff\n")
    assert stream.getvalue() == "beat | 任务\nbeat | \N{REPLACEMENT CHARACTER}\n"


def test_the_launcher_speaks_under_its_own_name() -> None:
    stream = io.StringIO()
    Output(stream, ["worker"]).say("stopping")
    assert stream.getvalue() == "up     | stopping\n"


def test_a_terminal_gets_a_colour_for_each_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    output = Output(stream, ["worker", "beat"])
    output.feed("worker", b"a\n")
    output.feed("beat", b"b\n")
    assert stream.getvalue() == "\x1b[36mworker |\x1b[0m a\n\x1b[33mbeat   |\x1b[0m b\n"


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    Output(stream, ["beat"]).say("hello")
    assert stream.getvalue() == "up   | hello\n"

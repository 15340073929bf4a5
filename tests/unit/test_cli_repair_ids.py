import io
import sys
from pathlib import Path

import pytest

from cli.repair.task_ids import MOST_CHARACTERS, given_ids
from consistency.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "ids", "repeated"),
    [
        ("7", ["7"], 0),
        ("1,2,3", ["1", "2", "3"], 0),
        # Blanks and empty places mean nothing.
        (" 1 , ,2,", ["1", "2"], 0),
        # Twice is once, in the order in which they came.
        ("2,1,2,2", ["2", "1"], 2),
        # A key may hold blanks, or begin with what is special only at the front of all.
        ("a b,@c,-", ["a b", "@c", "-"], 0),
    ],
)
def test_ids_are_separated_by_commas(text: str, ids: list[str], repeated: int) -> None:
    assert given_ids(text) == (ids, repeated)


@pytest.mark.parametrize(
    "content",
    ["1\n2\n3", "1\r\n2\r\n3\r\n", "1,2\n\n 3 ", "\ufeff1\n2\n3"],
    ids=["lines", "windows", "mixed", "byte order mark"],
)
def test_a_file_or_stdin_holds_them_one_a_line_too(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ids.txt"
    file.write_bytes(content.encode())
    assert given_ids(f"@{file}") == (["1", "2", "3"], 0)
    monkeypatch.setattr(sys, "stdin", io.StringIO(content))
    assert given_ids("-") == (["1", "2", "3"], 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "--task-ids: '' names no ids; name some"),
        (" , ", "--task-ids: ' , ' names no ids; name some"),
        ("@", "--task-ids: @ must be followed by the name of a file"),
        ("@missing.txt", "--task-ids: missing.txt cannot be read: No such file or directory"),
        ("@.", "--task-ids: . cannot be read: Is a directory"),
        ("@empty.txt", "--task-ids: empty.txt holds no ids; name some"),
        ("@binary", "--task-ids: binary cannot be read: it is no text in UTF-8"),
        ("@nul.txt", r"--task-ids: 'a\x00b' is no text in UTF-8"),
        # What the shell passes on of a byte that is no UTF-8.
        ("a\udcff", r"--task-ids: 'a\udcff' is no text in UTF-8"),
    ],
)
def test_what_holds_no_ids_is_named(text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.txt").write_text("\n\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "nul.txt").write_text("a\0b")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadRequest) as caught:
        given_ids(text)
    assert str(caught.value).startswith(told)


class _Broken(io.StringIO):
    def read(self, size: int | None = -1) -> str:
        raise OSError(5, f"Input/output error{'' if size else ' of nothing'}")


class _Endless(io.StringIO):
    def read(self, size: int | None = -1) -> str:
        return "1" * (size or 0)


def _closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize(
    ("stdin", "told"),
    [
        (None, "--task-ids: stdin cannot be read: it is closed"),
        (_closed(), "--task-ids: stdin cannot be read: I/O operation on closed file"),
        (_Broken(), "--task-ids: stdin cannot be read: Input/output error"),
        (_Endless(), f"--task-ids: stdin is larger than {MOST_CHARACTERS >> 20} MB"),
        (io.StringIO(""), "--task-ids: stdin holds no ids"),
    ],
    ids=["none", "closed", "broken", "endless", "empty"],
)
def test_a_stdin_that_cannot_be_read_is_told(
    stdin: io.StringIO | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(BadRequest) as caught:
        given_ids("-")
    assert str(caught.value).startswith(told)

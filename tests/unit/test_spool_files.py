"""Files in which events wait: who may take them, what is read from them, and when they go."""

import os
from pathlib import Path

import pytest

from monitoring.sending.refused import keep_refused
from monitoring.sending.spool import Spool
from monitoring.sending.spool_files import TOGETHER, SpoolFile, files_left_behind
from monitoring.transports.transport import Refused
from tests.factories.travelling import several


def test_what_is_appended_is_read_in_batches_until_all_is_sent(tmp_path: Path) -> None:
    file = SpoolFile.new(tmp_path)
    file.append(several(700))
    file.append(several(300, first=700))
    found = []
    while file.unsent:
        batch, end = file.read()
        assert file.read() == (batch, end)
        found.append(batch)
        file.forget(end, len(batch))
    assert [len(batch) for batch in found] == [TOGETHER, TOGETHER]
    assert [event for batch in found for event in batch] == several(1000)
    assert (file.path.stat().st_size, file.waiting) == (0, 0)
    file.append(several(1))
    assert file.read()[0] == several(1)
    file.close()


def test_large_events_are_read_in_small_batches(tmp_path: Path) -> None:
    file = SpoolFile.new(tmp_path)
    events = several(40, details={"text": "x" * 60_000})
    file.append(events)
    sizes, found = [], []
    while file.unsent:
        batch, end = file.read()
        sizes.append(sum(len(event.body) for event in batch))
        found += batch
        file.forget(end, len(batch))
    assert found == events
    assert max(sizes) < 1_000_000
    file.close()


def test_a_file_belongs_to_one_until_it_is_put_down(tmp_path: Path) -> None:
    file = SpoolFile.new(tmp_path)
    file.append(several(3))
    assert list(files_left_behind(tmp_path)) == []
    file.put_down()
    (found,) = files_left_behind(tmp_path)
    assert found.read()[0] == several(3)
    assert list(files_left_behind(tmp_path)) == []
    found.forget(found.size, 3)
    found.put_down()
    assert list(tmp_path.iterdir()) == []


def test_files_are_found_oldest_first(tmp_path: Path) -> None:
    for number in range(5):
        file = SpoolFile.new(tmp_path)
        file.append(several(1, first=number))
        file.close()
    found = list(files_left_behind(tmp_path))
    assert [file.read()[0] for file in found] == [several(1, first=number) for number in range(5)]
    for file in found:
        file.close()


def test_the_program_goes_on_writing_while_what_is_old_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.sending.spool._FULL", 1_000)
    spool = Spool(tmp_path)
    spool.append(several(20))
    batch, end = spool.read()
    spool.forget(end, len(batch))
    assert not spool.unsent
    spool.append(several(20))
    full = spool.hand_over_if_full()
    assert full is not None
    spool.append(several(1, first=50))
    assert spool.waiting() == 21
    assert (full.read()[0], spool.read()[0]) == (several(20), several(1, first=50))
    full.forget(full.size, 20)
    assert spool.credit(full, 20)
    assert spool.waiting() == 1
    full.put_down()
    other = SpoolFile.new(tmp_path)
    assert not spool.credit(other, 3)
    other.put_down()
    spool.close()
    assert spool.waiting() == 1


def test_a_full_file_of_which_some_is_sent_is_not_put_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.sending.spool._FULL", 1_000)
    spool = Spool(tmp_path)
    spool.append(several(600))
    batch, end = spool.read()
    spool.forget(end, len(batch))
    assert not spool.put_down_if_full()
    batch, end = spool.read()
    spool.forget(end, len(batch))
    spool.append(several(600))
    assert spool.put_down_if_full()
    (found,) = files_left_behind(tmp_path)
    found.close()


def test_what_is_refused_for_long_fills_two_files_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.sending.refused._FULL", 1_000)
    for _ in range(20):
        keep_refused(tmp_path, [Refused(event, "no") for event in several(2)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["refused.1.jsonl", "refused.jsonl"]
    assert max(path.stat().st_size for path in tmp_path.iterdir()) < 2_000


def test_a_descriptor_that_somebody_has_closed_is_not_written_to(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append(several(3))
    assert spool._file is not None
    number = spool._file._descriptor
    os.close(number)
    precious = tmp_path / "precious"
    precious.write_text("of the program")
    opened = os.open(precious, os.O_RDWR)
    os.dup2(opened, number)
    assert not spool.unsent
    assert spool.read() == ([], 0)
    spool.forget(1, 1)
    spool.append(several(2, first=3))
    assert spool.read()[0] == several(2, first=3)
    spool.close()
    assert precious.read_text() == "of the program"
    for each in {opened, number}:
        os.close(each)
    left = [file.read()[0] for file in files_left_behind(tmp_path / "spool")]
    assert left == [several(3), several(2, first=3)]

from datetime import date
from pathlib import Path

from consistency.log_files import delete_old_errors


def test_only_error_logs_older_than_the_kept_days_are_deleted(tmp_path: Path) -> None:
    kept = ("errors_20260912.log", "errors_20261121.log", "monitoring.log", "errors_notes.txt")
    for name in ("errors_20260801.log", "errors_20260911.log", *kept):
        (tmp_path / name).touch()
    assert delete_old_errors(tmp_path, date(2026, 11, 21), keep_days=70) == 2
    assert {path.name for path in tmp_path.iterdir()} == set(kept)


def test_a_folder_that_is_not_there_has_nothing_to_delete(tmp_path: Path) -> None:
    assert delete_old_errors(tmp_path / "errors", date(2026, 11, 21), keep_days=1) == 0

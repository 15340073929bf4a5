"""Name and folder of a service are found without what takes long to import, and whatever is wrong beside them."""

import subprocess
import sys
from pathlib import Path

import pytest

from monitoring.emitting.places import Places, find_places

HEAVY = ("sqlalchemy", "pydantic", "requests", "celery", "redis")


def places(tmp_path: Path, **environ: str) -> Places:
    return find_places(environ, tmp_path)


def test_a_service_that_has_set_nothing_is_called_as_in_the_guide(tmp_path: Path) -> None:
    assert places(tmp_path) == Places("datasync", tmp_path / "logs" / "events", (), leads_out=False)


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "reconcilery.toml").write_text('service = "file"\nlog_dir = "var"\nevent_types = ["disk_swapped"]\n')
    found = places(tmp_path, RECONCILERY_SERVICE="shop")
    assert found == Places("shop", tmp_path / "var" / "events", ("disk_swapped",), leads_out=False)


def test_own_types_may_be_listed_in_the_environment(tmp_path: Path) -> None:
    assert places(tmp_path, RECONCILERY_EVENT_TYPES="disk_swapped, Fan_Stopped").event_types == (
        "disk_swapped",
        "fan_stopped",
    )


def test_an_absolute_log_folder_stays_where_it_is(tmp_path: Path) -> None:
    assert places(tmp_path, RECONCILERY_LOG_DIR="/var/log/shop").folder == Path("/var/log/shop/events")


@pytest.mark.parametrize(
    "name",
    ["RECONCILERY_DATABASE_URL", "RECONCILERY_STORE_URL", "RECONCILERY_EVENTS_URL", "RECONCILERY_EVENTS_URL_FILE"],
)
def test_a_place_that_is_set_leads_out_even_if_it_cannot_be_read(tmp_path: Path, name: str) -> None:
    assert places(tmp_path, **{name: "nowhere"}).leads_out


def test_a_place_in_the_file_leads_out(tmp_path: Path) -> None:
    (tmp_path / "reconcilery.toml").write_text('database_url = "sqlite:///shop.db"\n')
    assert places(tmp_path).leads_out


@pytest.mark.parametrize("content", [b"service = ", b"service = 3\nlog_dir = 4\nevent_types = 5\n", b"\xff\xfe"])
def test_a_file_that_is_wrong_hinders_nobody(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "reconcilery.toml").write_bytes(content)
    assert places(tmp_path).service == "datasync"


def test_nothing_heavy_is_imported() -> None:
    program = f"import sys, monitoring.emitting.places; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

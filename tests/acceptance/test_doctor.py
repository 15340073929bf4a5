"""The doctor beside real services: a worker, beat's sign of life and a queue."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from consistency.database import connect
from consistency.heartbeats import beat_once
from consistency.ledger.schema import create_or_upgrade
from tests.acceptance.command_line import Place, working
from tests.factories.default_app import AppTask, make_application


def test_with_everything_running_nothing_fails(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    now, logs = datetime.now(UTC), tmp_path / "logs"
    make_application(postgres_url, [AppTask(1, now - timedelta(hours=1))])
    engine = connect(postgres_url)
    create_or_upgrade(engine)
    engine.dispose()
    place = Place(
        tmp_path,
        {
            "RECONCILERY_DATABASE_URL": postgres_url,
            "RECONCILERY_REDIS_URL": redis_url,
            "RECONCILERY_LOG_DIR": str(logs),
        },
    )
    without = place.run("doctor", "--json")
    assert without.code == 1
    assert [each["check"] for each in without.json["checks"] if each["state"] == "fail"] == ["workers"]
    beat_once(logs, "beat")
    with working(place):
        found = place.run("doctor")
    assert found.code == 0, found.out + found.err
    assert "✔ ok    workers: at least one answers" in found.out
    waiting = ", ".join(f"reconcilery.{queue} 0" for queue in ("checks", "deep", "repair", "notify"))
    assert f"messages that wait: {waiting}" in found.out
    assert "✔ ok    beat: its last sign of life is " in found.out
    password = postgres_url.partition("://")[2].partition("@")[0].partition(":")[2]
    assert password
    assert password not in found.out + found.err + without.out + without.err

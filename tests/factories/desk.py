"""A person at the command line, an application that has lost outputs, and a folder that still has them."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import reconcilery
from consistency.database import connect
from tests.factories.studio import Studio, lost_tasks, studio_of

#: What every summary of a run has.
CONTRACT = {"schema_version", "run_id", "state", "dry_run", "counts", "rows_written", "before", "after", "problems"}


class Desk:
    """A studio whose provider is a folder, and a person who types commands."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self.studio, self.folder = studio, folder

    def deliver(self, *ids: str) -> None:
        """Let the provider have one output for each of these of its ids."""
        for each in ids:
            output = {"nodeId": "9", "fileUrl": f"https://files.example/{each}.png", "fileType": "png"}
            (self.folder / f"{each}.json").write_text(json.dumps([output]))

    @staticmethod
    def run(*arguments: str, stdin: str | bytes | None = None) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        result = CliRunner().invoke(reconcilery, arguments, prog_name="reconcilery", input=stdin)
        assert "unexpected" not in result.stderr
        return result.exit_code, result.stdout, result.stderr

    def json(self, *arguments: str, code: int = 0) -> Any:
        """The one object on stdout."""
        found, out, err = self.run(*arguments, "--json")
        assert found == code, err
        return json.loads(out)

    def written(self) -> Counter[int]:
        """How many outputs each task has."""
        return Counter(row.task_id for row in self.studio.rows())


def settings_of(url: str, folder: Path) -> dict[str, str]:
    """The environment of such a desk: no Redis, and everything it writes beside its provider's folder."""
    return {
        "RECONCILERY_DATABASE_URL": url,
        "RECONCILERY_PROVIDER": str(folder),
        "RECONCILERY_CHECK_LINKS": "false",
        "RECONCILERY_PROVIDER_RATE": "0",
        "RECONCILERY_REDIS_URL": "redis://127.0.0.1:1/0",
        "RECONCILERY_LOG_DIR": str(folder.parent / "logs"),
        "RECONCILERY_TIMEZONE": "Asia/Shanghai",
    }


@contextmanager
def desk_on(url: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Five tasks without their output, which the provider has, and two with theirs; `place` is the working folder."""
    folder = place / "provider"
    folder.mkdir()
    for name, value in settings_of(url, folder).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(place)
    engine = connect(url)
    desk = Desk(studio_of(engine, lost_tasks(5, kept=2)), folder)
    desk.deliver(*(f"p-{each}" for each in range(1, 6)))
    yield desk
    engine.dispose()

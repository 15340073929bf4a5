"""The embedded default: a demo application in a SQLite file, watched by everything that runs on this machine."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.up.service import Service

EXAMPLE = Path(__file__).parents[2] / "examples" / "image_studio"


@dataclass(frozen=True)
class Demo:
    """Where the demo keeps its files, all of them in one folder that can be deleted."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "studio.sqlite3"

    @property
    def confession(self) -> Path:
        return self.folder / "lost.txt"

    def environment(self) -> Mapping[str, str]:
        """The settings under which the product watches the demo application."""
        return {
            "RECONCILERY_CONFIG": str(EXAMPLE / "reconcilery.toml"),
            "RECONCILERY_DATABASE_URL": f"sqlite:///{self.database}",
            "RECONCILERY_STORE_URL": f"sqlite:///{self.folder / 'ledger.sqlite3'}",
        }

    def clean(self) -> None:
        """Begin from nothing: what an earlier demo left would tell another story."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in (*self.folder.glob("*.sqlite3*"), self.confession):
            left.unlink(missing_ok=True)

    def application(self) -> Service:
        command = (sys.executable, str(EXAMPLE / "application.py"), str(self.database))
        return Service(name="studio", command=(*command, "--confess-to", str(self.confession)))

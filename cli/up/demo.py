"""The embedded default: a demo application in a SQLite file, watched by everything that runs on this machine."""

import http.client
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.up.inbox import Inbox
from cli.up.ports import LOCALHOST, free_port
from cli.up.service import Service

EXAMPLE = Path(__file__).parents[2] / "examples" / "image_studio"
#: From how many lost outputs on the story goes on, while version 2 still loses more.
ENOUGH_LOST = 15


@dataclass(frozen=True)
class Demo:
    """Where the demo keeps its files, all of them in one folder that can be deleted."""

    folder: Path
    to_lose: int = 40
    images_port: int = field(default_factory=free_port)
    inbox: Inbox = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inbox", Inbox(EXAMPLE / "inbox.py", self.folder / "inbox.jsonl"))

    @property
    def database(self) -> Path:
        return self.folder / "studio.sqlite3"

    @property
    def confession(self) -> Path:
        return self.folder / "lost.txt"

    @property
    def deployed(self) -> Path:
        return self.folder / "versions.jsonl"

    @property
    def images_url(self) -> str:
        return f"http://{LOCALHOST}:{self.images_port}"

    def environment(self) -> Mapping[str, str]:
        """The settings under which the product watches the demo application."""
        return {
            "RECONCILERY_CONFIG": str(EXAMPLE / "reconcilery.toml"),
            "RECONCILERY_DATABASE_URL": f"sqlite:///{self.database}",
            "RECONCILERY_STORE_URL": f"sqlite:///{self.folder / 'ledger.sqlite3'}",
            "RECONCILERY_PROVIDER": f"{self.images_url}/jobs/{{id}}/outputs",
            **self.inbox.environment(),
        }

    def clean(self) -> None:
        """Begin from nothing: what an earlier demo left would tell another story."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in (*self.folder.glob("*.sqlite3*"), self.confession, self.deployed, self.inbox.file):
            left.unlink(missing_ok=True)

    def services(self) -> list[Service]:
        return [self.image_service(), self.inbox.service(), self.application()]

    def image_service(self) -> Service:
        command = (sys.executable, str(EXAMPLE / "image_service.py"), str(self.images_port))
        return Service(name="images", command=command, url=self.images_url, ready=lambda _: self._answers(), first=True)

    def application(self) -> Service:
        command = (sys.executable, str(EXAMPLE / "application.py"), str(self.database))
        places = ("--images-at", self.images_url, "--confess-to", str(self.confession), "--deploy", str(self.deployed))
        return Service(name="studio", command=(*command, *places))

    def deploy(self, **version: Any) -> None:
        """Deploy the next version of the application: what is wrong with it, as examples/image_studio/versions.py."""
        with self.deployed.open("a", encoding="utf-8") as file:
            file.write(json.dumps(version) + "\n")

    def lost(self, until: datetime | None = None) -> dict[str, datetime]:
        """What the application confesses: task id -> finish time."""
        lines = self.confession.read_text().splitlines() if self.confession.exists() else []
        lost = {line.split(" ")[0]: datetime.fromisoformat(line.split(" ", 1)[1]).replace(tzinfo=UTC) for line in lines}
        return {task: done for task, done in lost.items() if until is None or done < until}

    def images_of(self, job: str) -> list[tuple[str, str]]:
        """What the image service has made for a job: key and address of each image."""
        connection = http.client.HTTPConnection(LOCALHOST, self.images_port, timeout=5)
        try:
            connection.request("GET", f"/jobs/{job}/outputs")
            made = json.loads(connection.getresponse().read())["outputs"]
            return sorted((image["key"], image["fileUrl"]) for image in made)
        finally:
            connection.close()

    def _answers(self) -> bool:
        try:
            return bool(self.images_of("job-0"))
        except OSError:
            return False

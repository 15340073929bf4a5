"""A real Prometheus that asks one address every second, with the alert rules that we ship."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from cli.up.ports import LOCALHOST, free_port
from tests.servers.missing import program
from tests.servers.process import account, private_folder, serving

RULES = Path(__file__).parent.parent.parent / "deploy" / "prometheus" / "reconcilery.rules.yml"


@dataclass(frozen=True)
class Prometheus:
    """Where it answers."""

    url: str

    def firing(self) -> set[str]:
        """The names of the alerts that fire now."""
        found = self._ask("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in found if alert["state"] == "firing"}

    def value(self, query: str) -> float | None:
        """What the query gives now; None when that is nothing."""
        found = self._ask("query", query=query)["result"]
        return float(found[0]["value"][1]) if found else None

    def _ask(self, what: str, **how: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/api/v1/{what}", params=how, timeout=30)
        found: dict[str, Any] = answer.json()["data"]
        return found


@contextmanager
def prometheus(asked: str) -> Iterator[Prometheus]:
    """Asks `/metrics` of the server at that address from now to the end of the block."""
    tool, port = program("prometheus", "prometheus"), free_port()
    url = f"http://{LOCALHOST}:{port}"
    with private_folder(account()) as folder:
        jobs = [{"job_name": "reconcilery", "static_configs": [{"targets": [urlsplit(asked).netloc]}]}]
        every = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        # JSON is YAML too.
        (folder / "prometheus.yml").write_text(
            json.dumps({"global": every, "rule_files": [str(RULES)], "scrape_configs": jobs})
        )
        command = (tool, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data")
        with serving(account(), [*command, f"--web.listen-address={LOCALHOST}:{port}"], folder, lambda: _is_ready(url)):
            yield Prometheus(url)


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ready", timeout=5).status_code == 200
    except requests.RequestException:
        return False

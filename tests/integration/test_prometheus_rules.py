"""Rules and dashboard: Prometheus understands them, each rule is seen to fire, and every metric is one that we show."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitoring.totals.numbered import MUTED
from notifiers.alerts.changes import What
from tests.factories.front_door import front_door
from tests.servers.promtool import promtool

ROOT = Path(__file__).parent.parent.parent
RULES = ROOT / "deploy" / "prometheus" / "reconcilery.rules.yml"
RULE_TESTS = RULES.with_name("reconcilery.rules.test.yml")
PAGE = (ROOT / "docs" / "howto" / "metrics.md").read_text(encoding="utf-8")
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
METRIC = re.compile(r"\breconcilery_[a-z_]+")
_SUFFIX = re.compile(r"_(?:total|bucket|sum|count)$")
VARIABLES = {"$__rate_interval": "5m", "$window": "1h", "$check": "quick"}


def queries() -> list[str]:
    """Every query of the dashboard, with values in place of its variables."""
    text = (ROOT / "deploy" / "grafana" / "reconcilery.json").read_text(encoding="utf-8")
    found = re.findall(r'"expr": ("(?:[^"\\]|\\.)*")', text)
    for name, value in VARIABLES.items():
        found = [query.replace(name, value) for query in found]
    return [str(json.loads(query)) for query in found]


@pytest.fixture
def shown(tmp_path: Path, sqlite_url: str, redis_url: str) -> dict[str, str]:
    """All families that `/metrics` has, also those without a sample just now, by name, each with its type."""
    with front_door(sqlite_url, redis_url, log_dir=tmp_path) as api:
        text = api.get("/metrics").text
    return {family.name: family.type for family in text_string_to_metric_families(text)}


def families(text: str) -> set[str]:
    return {_SUFFIX.sub("", name) for name in METRIC.findall(text)}


def test_prometheus_understands_the_rules_and_its_own_settings() -> None:
    promtool("check", "rules", RULES)
    promtool("check", "config", "--syntax-only", RULES.with_name("prometheus.yml"))


def test_the_rules_do_as_their_tests_say() -> None:
    promtool("test", "rules", RULE_TESTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_is_seen_to_fire_and_is_explained(alert: str) -> None:
    fired = re.findall(rf"alertname: {alert}\n\s+exp_alerts:\n\s+- exp_labels", RULE_TESTS.read_text(encoding="utf-8"))
    assert fired
    assert f"\n### {alert}\n" in PAGE
    assert f"howto/metrics.md#{alert.lower()}\n" in RULES.read_text(encoding="utf-8")


def test_prometheus_understands_every_query_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"query{at}", "expr": query} for at, query in enumerate(queries())]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", file)


def test_rules_and_dashboard_ask_for_metrics_that_there_are(shown: dict[str, str]) -> None:
    for asked in (RULES.read_text(encoding="utf-8"), RULE_TESTS.read_text(encoding="utf-8"), "\n".join(queries())):
        assert families(asked) <= families("\n".join(shown))


def test_every_metric_is_explained_and_no_other(shown: dict[str, str]) -> None:
    names = {f"{name}_total" if kind == "counter" else name for name, kind in shown.items()}
    table = PAGE.partition("\n## What there is\n")[2].partition("\n## ")[0]
    assert {f"reconcilery_{name}" for name in re.findall(r"^\| `(\w+)` ", table, re.MULTILINE)} == names


def test_what_is_counted_as_muted_is_what_the_history_calls_so() -> None:
    assert MUTED == What.MUTED

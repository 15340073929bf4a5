"""deploy/grafana/reconcilery.json: the dashboard, made from its panels so that its JSON is nobody's work."""

import json
from collections.abc import Iterator
from typing import Any

from dashboard_panels import ROWS, Panel

UID = "reconcilery-overview"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
#: Columns of the whole width; heights of a panel with lines, and of one with numbers.
WIDE, HIGH, LOW = 24, 8, 4
Json = dict[str, Any]


def dashboard() -> str:
    """The whole file."""
    made = {
        "uid": UID,
        "title": "Reconcilery",
        "tags": ["reconcilery"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": list(variables())},
        "annotations": {"list": [repairs()]},
        "links": [link("Page", "${page}"), link("Flower", "${flower}")],
        "panels": list(panels()),
    }
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def variables() -> Iterator[Json]:
    """What can be chosen above the panels; the addresses of page and Flower are set once, in the settings."""
    yield {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    everything = {"current": {"text": ["All"], "value": ["$__all"]}, "multi": True, "includeAll": True, "refresh": 2}
    for name, metric in (("window", "reconcilery_health_status"), ("check", "reconcilery_check_period_seconds")):
        query = f"label_values({metric}, {name})"
        yield {"name": name, "type": "query", "datasource": SOURCE, "query": query, **everything}
    for name, url in (("page", "http://127.0.0.1:5000"), ("flower", "http://127.0.0.1:5555")):
        yield {"name": name, "type": "constant", "hide": 2, "query": url, "current": {"text": url, "value": url}}


def repairs() -> Json:
    """A mark wherever a repair was at work."""
    shown = {"name": "Repairs", "enable": True, "iconColor": "blue", "titleFormat": "repair"}
    return {**shown, "datasource": SOURCE, "expr": "max(reconcilery_repair_in_progress) > 0"}


def link(title: str, url: str) -> Json:
    return {"title": title, "type": "link", "url": url, "targetBlank": True}


def panels() -> Iterator[Json]:
    """Rows of panels, numbered, side by side over the whole width."""
    number, top = 1, 0
    for title, row in ROWS:
        head = {"type": "row", "title": title, "collapsed": False, "panels": []}
        yield {"id": number, **head, "gridPos": place(0, top, WIDE, 1)}
        high = LOW if row[0].number else HIGH
        for at, each in enumerate(row):
            left, right = WIDE * at // len(row), WIDE * (at + 1) // len(row)
            yield {"id": number + at + 1, **panel(each), "gridPos": place(left, top + 1, right - left, high)}
        number, top = number + len(row) + 1, top + high + 1


def panel(shown: Panel) -> Json:
    """The panel without its number and place."""
    targets = [
        {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": query, "legendFormat": legend or "__auto"}
        for at, (legend, query) in enumerate(shown.queries.items())
    ]
    kind = {"type": "stat" if shown.number else "timeseries", "title": shown.title, "datasource": SOURCE}
    return {**kind, "targets": targets, "fieldConfig": fields(shown), "options": options(shown)}


def fields(shown: Panel) -> Json:
    defaults: Json = {"unit": shown.unit}
    if shown.steps:
        steps = [{"value": value, "color": colour} for value, colour in shown.steps]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    if not shown.number:
        # A gap stays a gap: nothing was measured there.
        banded = {"thresholdsStyle": {"mode": "area"}} if shown.steps else {}
        defaults["custom"] = {"spanNulls": False, **banded}
    return {"defaults": defaults, "overrides": []}


def options(shown: Panel) -> Json:
    if shown.number:
        return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background", "textMode": "value_and_name"}
    return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}


def place(left: int, top: int, wide: int, high: int) -> dict[str, int]:
    return {"x": left, "y": top, "w": wide, "h": high}

"""Where metrics are read: the own tables, Redis, this machine's files."""

from prometheus_client.metrics_core import Metric

from api.metrics.exposition import Exposition
from api.metrics.families import gauge
from api.metrics.machine import file_metrics
from api.metrics.repairs import provider_metrics, run_metrics
from api.metrics.telling import telling_metrics
from api.metrics.totals import total_metrics
from api.metrics.turns import turn_metrics
from api.metrics.windows import latest_of, window_metrics
from api.services import Services
from api.views.overview import latest_checks
from api.views.processes import ask_signs, processes_of
from compensation.onlookers import onlooker
from consistency.database import database_now, transaction
from consistency.errors import BrokerUnavailable
from consistency.shared_counts import SharedCounts
from monitoring.totals.keeping import totals_now


def exposition_of(services: Services) -> Exposition:
    """What one process that answers HTTP shows."""
    return Exposition(
        {
            "ledger": lambda: _ledger(services),
            "repairs": lambda: _repairs(services),
            "redis": lambda: _redis(services),
            "files": lambda: file_metrics(services.settings),
        }
    )


def _ledger(services: Services) -> list[Metric]:
    settings = services.settings
    with transaction(services.resources.store.execution_options(readonly=True)) as connection:
        now = database_now(connection)
        latest = latest_of(settings, latest_checks(connection, settings, now))
        return [
            *window_metrics(latest),
            *turn_metrics(connection, settings, latest, now),
            *total_metrics(totals_now(connection, settings), settings),
            *telling_metrics(connection, settings, now),
        ]


def _repairs(services: Services) -> list[Metric]:
    with transaction(services.resources.store.execution_options(readonly=True)) as connection:
        repairs = onlooker(services.resources, connection)
        # Who only checks and never repairs has no such tables.
        return run_metrics(repairs.numbers()) if repairs else []


def _redis(services: Services) -> list[Metric]:
    settings = services.settings
    sums = SharedCounts(services.shared, settings.key_prefix).read()
    signs = ask_signs(services.shared, settings)
    if sums is None or signs is None:
        raise BrokerUnavailable("Redis does not answer")
    found = processes_of(settings, signs)
    alive = (((name,), float(process["alive"])) for name, process in found.items())
    ages = (((name,), process["age_seconds"]) for name, process in found.items())
    return [
        *provider_metrics(sums),
        gauge("process_alive", "1 while any process of the kind gives signs of life.", ("process",), alive),
        gauge("process_silent_seconds", "Time since the last sign of life of the kind.", ("process",), ages),
    ]

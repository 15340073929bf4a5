"""All that Prometheus is told, put together from its parts in time; what a part cannot say now is left out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from prometheus_client.core import InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.description import program_version
from api.metrics.families import gauge
from api.metrics.parts import Part

#: A scrape takes no longer, so that it says what is down before Prometheus gives it up.
SECONDS = 4.0

Read = Callable[[], Sequence[Metric]]


class Exposition(Collector):
    """Safe for threads; `reads` are its parts by name, each with the function that reads it."""

    def __init__(self, reads: Mapping[str, Read], seconds: float = SECONDS) -> None:
        self._parts = [Part(name, read) for name, read in reads.items()]
        self._pool = ThreadPoolExecutor(len(self._parts), thread_name_prefix="metrics")
        self._seconds = seconds

    def collect(self) -> Iterator[Metric]:
        """Every family that can be had; `reconcilery_up` says of which parts there are none."""
        asked = {part.name: part.ask(self._pool) for part in self._parts}
        wait(asked.values(), timeout=self._seconds)
        yield InfoMetricFamily("reconcilery_build", "The program that answers.", {"version": program_version()})
        yield self._up(asked)
        for future in asked.values():
            if _is_there(future):
                yield from future.result()

    def close(self) -> None:
        """End the threads, once what they wait for has come or failed."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _up(self, asked: Mapping[str, Future[Sequence[Metric]]]) -> Metric:
        about = "1 for a part of these metrics that could be read, 0 otherwise."
        return gauge("up", about, ("part",), (((name,), float(_is_there(future))) for name, future in asked.items()))


def _is_there(future: Future[Sequence[Metric]]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None

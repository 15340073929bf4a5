"""`/metrics`, in the text format or as OpenMetrics, whichever is asked for."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from api.http.callers import MAY_READ

router = APIRouter(dependencies=[MAY_READ], tags=["probes"])
_TEXT = {"text/plain": {"schema": {"type": "string"}}, "application/openmetrics-text": {"schema": {"type": "string"}}}


@router.get("/metrics", response_class=Response, responses={200: {"content": _TEXT}}, summary="Metrics for Prometheus")
def show_metrics(request: Request) -> Response:
    """Read from the own tables and Redis, at most ten seconds old, and the same from every machine."""
    encode, media_type = _encoder(request.headers.get("accept", ""))
    return Response(encode(request.app.state.metrics), headers={"Content-Type": media_type})


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        # The library stumbles over a version that is no number.
        return choose_encoder("")

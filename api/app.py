"""The HTTP API, made from settings. To add something, write a module with a router in endpoints/, and name the router.

    router = APIRouter(prefix=PREFIX, dependencies=[MAY_READ], tags=["silences"])

    class SilenceQuery(Page):
        service: str = ""

    @router.get("/silences")
    def list_silences(request: Request, ledger: UsesLedger, query: Annotated[SilenceQuery, Query()]) -> Response:
        with ledger.reading() as (connection, now):
            ...
        return page_answer(request, "silences", found, cursor)

    @router.post("/silences", status_code=201)
    def add_silence(ledger: UsesLedger, caller: Operator, body: NewSilence) -> dict[str, Any]:
        with ledger.writing() as (connection, now):
            ...

- Endpoints are plain functions, which run in threads, so they may block; those that wait for nothing are `async`.
- `MAY_READ` and `MAY_OPERATE`, or parameters `Reader` and `Operator`, say what a token must be good for (callers.py).
- `UsesLedger` opens transactions on the own tables (ledger.py), `UsesServices` has settings, resources and Redis.
- Errors of consistency/errors.py may pass; others are `raise Problem(409, "one line")` (problems.py, faults.py).
- A query is a model that extends `Page` or forbids what it does not know (cursors.py); a body is a pydantic model.
- `APIRouter(route_class=Idempotent)` lets clients repeat a write under one Idempotency-Key (idempotency.py).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.description import ABOUT, PROBLEMS, TAGS, TITLE, program_version
from api.docs_page import add_docs
from api.endpoints import (
    alerts,
    checks,
    events,
    figures,
    health,
    livez,
    missing,
    operations,
    overview,
    repair_acts,
    repairs,
    silences,
)
from api.http.body import WholeBody
from api.http.deadline import Deadline
from api.http.faults import answer_faults
from api.http.headers import SecurityHeaders
from api.http.hosts import OwnHosts
from api.http.methods import HeadLikeGet
from api.http.rate_limit import RateLimit
from api.http.request_ids import RequestIds
from api.looking import Looking
from api.metrics import endpoint as metrics
from api.metrics.places import exposition_of
from api.page.ahead import Ahead
from api.page.courses import Courses
from api.page.problem_pages import ProblemPages
from api.page.routes import add_page
from api.services import open_services
from consistency.settings import Settings

ROUTERS = (
    overview.router,
    health.router,
    health.probes,
    checks.router,
    figures.router,
    missing.router,
    repairs.router,
    repair_acts.router,
    alerts.router,
    silences.router,
    events.router,
    operations.router,
    livez.router,
    metrics.router,
)


def create_app(settings: Settings) -> FastAPI:
    """The application. It opens its services when it starts, which is a ConfigurationError without a database."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        services = app.state.services = open_services(settings)
        looking = app.state.looking = Looking()
        app.state.rate_limit = RateLimit(services.shared, settings.key_prefix, settings.api_rate)
        exposition = app.state.metrics = exposition_of(services)
        courses = app.state.courses = Courses(services)
        ahead = Ahead(services, courses)
        ahead.start()
        yield
        ahead.close()
        exposition.close()
        looking.close()
        services.close()

    app = FastAPI(
        title=TITLE,
        version=program_version(),
        description=ABOUT,
        openapi_tags=TAGS,
        responses=PROBLEMS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=living,
        telemetry={"auto_configure": False},
    )
    answer_faults(app)
    for router in ROUTERS:
        app.include_router(router)
    add_docs(app)
    add_page(app)
    _surround(app, settings)
    return app


def _surround(app: FastAPI, settings: Settings) -> None:
    # The last one is asked first.
    app.add_middleware(HeadLikeGet)
    app.add_middleware(Deadline)
    app.add_middleware(WholeBody)
    app.add_middleware(OwnHosts, settings=settings)
    app.add_middleware(ProblemPages, settings=settings)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestIds)

"""All of the page, to be added to the application."""

from fastapi import FastAPI

from api.page import (
    alert_acts,
    alerts,
    door,
    events,
    missing,
    overview,
    repair_acts,
    repairs,
    report,
    runs,
    static_files,
)
from api.page.leading import LeadTo, lead

ROUTERS = (
    overview.router,
    missing.router,
    repairs.router,
    repair_acts.router,
    alerts.router,
    alert_acts.router,
    runs.router,
    events.router,
    report.router,
    door.router,
    static_files.router,
)


def add_page(app: FastAPI) -> None:
    """The page's own paths; none of them is part of the API."""
    app.add_exception_handler(LeadTo, lead)
    for router in ROUTERS:
        app.include_router(router)

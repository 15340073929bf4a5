"""All of the page, to be added to the application."""

from fastapi import FastAPI

from api.page import overview, static_files
from api.page.leading import LeadTo, lead

ROUTERS = (overview.router, static_files.router)


def add_page(app: FastAPI) -> None:
    """The page's own paths; none of them is part of the API."""
    app.add_exception_handler(LeadTo, lead)
    for router in ROUTERS:
        app.include_router(router)

"""`/livez`: this process turns. It asks nothing else, so that nobody restarts it because a database is down."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

router = APIRouter(tags=["probes"])


@router.get("/livez", response_class=PlainTextResponse, summary="Whether this process turns")
async def livez() -> str:
    """`ok`, for whoever supervises the process; needs no token."""
    return "ok\n"

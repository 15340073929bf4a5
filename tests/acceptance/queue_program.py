"""A program that is not ours: it runs jobs of a PostgreSQL queue, some of which fail or need a second try.

Takes the database's address; ends when all jobs are done.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import procrastinate

JOBS = 60


async def main(address: str) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address))
    seen: set[int] = set()

    @app.task(name="render", retry=procrastinate.RetryStrategy(max_attempts=3))
    def render(number: int) -> None:
        if number % 10 == 3:
            raise ValueError("it never works")
        if number % 10 == 7 and number not in seen:
            seen.add(number)
            raise ValueError("it works at the second try")

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for number in range(JOBS):
            past = datetime.now(UTC) - timedelta(minutes=37 * number, seconds=1)
            await render.configure(schedule_at=past).defer_async(number=number)
        await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)


asyncio.run(main(sys.argv[1]))

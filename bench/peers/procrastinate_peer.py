"""Procrastinate as a peer: `PEER_DATABASE`; `procrastinate_peer.py schema | enqueue N | work N`."""

import asyncio
import os
import sys

import procrastinate
from work import spawn

app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(conninfo=os.environ["PEER_DATABASE"], max_size=10)
)


@app.task(name="run")
def run():
    """Spawn."""
    spawn()


async def main(action, count):
    """Do what the command line says."""
    async with app.open_async():
        if action == "schema":
            await app.schema_manager.apply_schema_async()
        elif action == "enqueue":
            for begin in range(0, count, 1000):
                await run.batch_defer_async(*[{} for _ in range(min(1000, count - begin))])
        else:
            await app.run_worker_async(concurrency=count)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

"""The console as the benchmark has it: a process of its own, with another machine in the place of `retrain`."""

import asyncio
import dataclasses
from multiprocessing.synchronize import Event

from hypercorn.asyncio import serve
from hypercorn.config import Config

from cli.stack import Stack
from console.application import build
from local.account import HOST, EmbeddedAws

STACK = "bench-console"


def serve_console(server: EmbeddedAws, machine: str, port: int, token: str, ready: Event) -> None:
    """Serve the console of the stack until the process is ended; `ready` is set once it is about to listen."""
    stack = Stack.on_embedded_aws(server, STACK)
    stack = dataclasses.replace(stack, outputs={**stack.outputs, "StateMachineArn": machine})
    config = Config()
    config.bind, config.loglevel = [f"{HOST}:{port}"], "WARNING"
    application = build(stack, f"the embedded AWS at {server.endpoint}", port, token)

    async def listen() -> None:
        serving = asyncio.create_task(serve(application, config, mode="asgi"))  # type: ignore[arg-type]
        while True:
            try:
                _, writer = await asyncio.open_connection(HOST, port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                break
        ready.set()
        await serving

    asyncio.run(listen())

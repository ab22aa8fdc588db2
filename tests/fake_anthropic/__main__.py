"""Runs the fake as a process: prints its URL as the first line, then serves until stopped."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from tests.fake_anthropic.server import FakeAnthropic


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fake_anthropic", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default: a free one")
    parser.add_argument("--key", action="append", help="a key it takes; may be given repeatedly")
    parser.add_argument("--print-url", action="store_true", help="always done; may be said")
    return parser.parse_args()


async def serve(arguments: argparse.Namespace) -> None:
    """Serve on the given port, or on a free one."""
    keys = tuple(arguments.key or ["sk-ant-test"])
    async with FakeAnthropic(keys, arguments.port, expose_requests=True) as fake:
        print(fake.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(_parse_arguments()))

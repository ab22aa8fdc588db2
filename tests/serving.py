"""A fake that is a server on 127.0.0.1 of the test's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from aiohttp import web


class Served(ABC):
    """Use it as an async context manager; `url` is there once it is entered."""

    url: str = ""
    port: int = 0
    """0 takes a free one."""

    @abstractmethod
    def application(self) -> web.Application: ...

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(
            self.application(), handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

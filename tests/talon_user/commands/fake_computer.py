"""A scripted fake of the bridge's computer-use endpoints."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from bridge.proof import compute_proof, format_address
from tests.serving import Served

Event = dict[str, Any]


class FakeComputer(Served):
    """Requires the control token; a run sends `events`, and waits for the user where it would."""

    def __init__(self, token: str, mode: str = "off") -> None:
        self.token, self.mode = token, mode
        self.proves = token
        """The token that it proves to have; another one for a program that is not the bridge."""
        self.events: list[Event] = []
        self.waits_after: Event | None = None
        """The only event after which a run waits; None for each approval and pause."""
        self.modes: list[str] = []
        self.runs: list[Any] = []
        self.decided: list[tuple[str, bool]] = []
        self.stopped = self.resumed = 0
        self.hung_up = False
        self._decision = asyncio.Event()

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._check])
        app.add_routes(
            [
                web.post("/proof", self._prove),
                web.post("/control/switches", self._switch),
                web.get("/computer", self._state),
                web.post("/computer/runs", self._run),
                web.post("/computer/approvals/{id}", self._decide),
                web.post("/computer/stop", self._stop),
                web.post("/computer/resume", self._resume),
                web.get("/v1/models", self._models),
            ]
        )
        return app

    @web.middleware
    async def _check(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path.startswith("/v1/") or request.path == "/proof":
            models: web.StreamResponse = await handler(request)
            return models
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"error": {"message": "The token is wrong."}}, status=401)
        if request.method == "POST" and request.content_type != "application/json":
            return web.json_response({"error": {"message": "Send JSON."}}, status=415)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _prove(self, request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        nonce = (await request.json())["nonce"]
        address = format_address(request.get_extra_info("sockname"))
        return web.json_response({"proof": compute_proof(self.proves, nonce, address)})

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "claude-opus-5-5"}]})

    async def _switch(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.mode = body["computer"]["mode"]
        self.modes.append(self.mode)
        return web.json_response({"computer": {"mode": self.mode}})

    async def _state(self, request: web.Request) -> web.Response:
        state: dict[str, Any] = {"mode": self.mode, "until": None, "active": False, "waiting": []}
        return web.json_response(state)

    async def _run(self, request: web.Request) -> web.StreamResponse:
        if self.mode == "off":
            error = {"message": "Computer use is switched off."}
            return web.json_response({"error": error}, status=403)
        self.runs.append(await request.json())
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            for event in self.events:
                await response.write(f"data: {json.dumps(event)}\n\n".encode())
                if self._waits(event):
                    self._decision.clear()
                    await self._decision.wait()
                await asyncio.sleep(0.02)
        except (asyncio.CancelledError, ConnectionResetError):
            self.hung_up = True
            raise
        return response

    def _waits(self, event: Event) -> bool:
        if self.waits_after is not None:
            return event == self.waits_after
        return event["type"] in ("run.approval", "run.paused")

    async def _decide(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.decided.append((request.match_info["id"], body["approved"]))
        self._decision.set()
        return web.json_response({})

    async def _resume(self, request: web.Request) -> web.Response:
        self.resumed += 1
        self._decision.set()
        return web.json_response({"resumed": True})

    async def _stop(self, request: web.Request) -> web.Response:
        self.stopped += 1
        return web.json_response({"stopped": True})

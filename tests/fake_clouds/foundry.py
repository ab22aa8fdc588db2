"""A strict fake of Microsoft Foundry: the Messages API with an Azure key."""

from __future__ import annotations

from aiohttp import web

from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds.gateway import FakeCloud, Refused

KEY = "made-up-azure-key-0123456789"


class FakeFoundry(FakeCloud):
    """Deployments are named like the models of the fake of Anthropic's API."""

    def __init__(self, upstream: FakeAnthropic) -> None:
        super().__init__(upstream)
        self.keys = [KEY]

    def application(self) -> web.Application:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/anthropic/v1/messages", self._handle)
        app.router.add_post("/anthropic/v1/messages/count_tokens", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        record = await self.record(request)
        headers = record.headers
        is_known = headers.get("x-api-key") in self.keys
        if not is_known or headers.get("api-key") != headers["x-api-key"]:
            message = "Access denied due to invalid subscription key or wrong API endpoint."
            return self.build_failure(Refused(401, "401", message))
        if "authorization" in headers:
            return self.build_failure(Refused(400, "400", "Two credentials were sent."))
        path = request.path.removeprefix("/anthropic")
        betas, version = headers.get("anthropic-beta"), headers.get("anthropic-version", "")
        return await self.forward(request, record.body, betas, path, version)

    def build_failure(self, refused: Refused) -> web.Response:
        if refused.kind.endswith("_error"):
            own = {"type": refused.kind, "message": refused.message}
            return web.json_response({"type": "error", "error": own}, status=refused.status)
        error = {"code": refused.kind, "message": refused.message}
        return web.json_response({"error": error}, status=refused.status)

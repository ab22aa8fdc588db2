"""A strict fake of Bedrock's endpoint `bedrock-mantle`: signed requests to the Messages API.

https://docs.aws.amazon.com/bedrock/latest/userguide/inference-messages-api.html
"""

from __future__ import annotations

from aiohttp import web

from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds.aws import AwsAccess
from tests.fake_clouds.gateway import FakeCloud, Refused


class FakeMantle(FakeCloud):
    """`models` are the ids it knows, and the models of the fake of Anthropic's API for them."""

    def __init__(self, upstream: FakeAnthropic, models: dict[str, str]) -> None:
        super().__init__(upstream)
        self._models = models
        self.access = AwsAccess()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/anthropic/v1/messages", self._handle)
        app.router.add_post("/anthropic/v1/messages/count_tokens", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        record = await self.record(request)
        try:
            await self.access.check(request, self.url, "bedrock-mantle")
            if "anthropic-version" not in record.headers:
                message = "anthropic-version: header is required"
                raise Refused(400, "invalid_request_error", message)
            model = self._models.get(record.body["model"])
            if model is None:
                message = f"model: {record.body['model']}"
                raise Refused(404, "not_found_error", message)
        except Refused as refused:
            return self.build_failure(refused)
        betas = record.headers.get("anthropic-beta")
        path = request.path.removeprefix("/anthropic")
        version = record.headers["anthropic-version"]
        body = {**record.body, "model": model}
        return await self.forward(request, body, betas, path, version)

    def build_failure(self, refused: Refused) -> web.Response:
        if refused.kind.endswith("Exception"):
            headers = {"x-amzn-ErrorType": refused.kind}
            return web.json_response({"message": refused.message}, status=403, headers=headers)
        own = {"type": refused.kind, "message": refused.message}
        return web.json_response({"type": "error", "error": own}, status=refused.status)

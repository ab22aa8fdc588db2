"""A strict fake of Amazon Bedrock's runtime: signed requests, answers in AWS's frames.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from urllib.parse import unquote

from aiohttp import web

from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds.aws import AwsAccess
from tests.fake_clouds.gateway import FakeCloud, Refused

VERSION = "bedrock-2023-05-31"
_EXCEPTIONS = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
    529: "ServiceUnavailableException",
}
_IN_STREAM = {
    "overloaded_error": "serviceUnavailableException",
    "rate_limit_error": "throttlingException",
    "invalid_request_error": "validationException",
}
METRICS = {"inputTokenCount": 10, "outputTokenCount": 7, "firstByteLatency": 300}


class FakeBedrock(FakeCloud):
    """`models` are the ids it knows, and the models of the fake of Anthropic's API for them."""

    content_type = "application/vnd.amazon.eventstream"

    def __init__(self, upstream: FakeAnthropic, models: dict[str, str]) -> None:
        super().__init__(upstream)
        self._models = models
        self.access = AwsAccess()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/model/{id}/invoke-with-response-stream", self._handle_stream)
        return app

    async def _handle_stream(self, request: web.Request) -> web.StreamResponse:
        record = await self.record(request)
        try:
            await self.access.check(request, self.url, "bedrock")
            model = self._models.get(unquote(request.match_info["id"]))
            if model is None:
                raise Refused(400, "", "The provided model identifier is invalid.")
            body = dict(record.body)
            if body.pop("anthropic_version", None) != VERSION:
                raise Refused(400, "", "anthropic_version: Field required")
            extra = {"model", "stream"} & body.keys()
            if extra:
                raise Refused(400, "", f"{extra.pop()}: Extra inputs are not permitted")
        except Refused as refused:
            return self.build_failure(refused)
        betas = ",".join(body.pop("anthropic_beta", []))
        return await self.forward(request, {**body, "model": model, "stream": True}, betas)

    def build_failure(self, refused: Refused) -> web.Response:
        status = 503 if refused.status == 529 else refused.status
        kind = _EXCEPTIONS.get(refused.status, "InternalServerException")
        if refused.kind.endswith("Exception"):
            kind = refused.kind
        headers = {"x-amzn-ErrorType": f"{kind}:http://internal.amazon.com/coral/"}
        return web.json_response({"message": refused.message}, status=status, headers=headers)

    def encode_event(self, data: bytes) -> bytes:
        try:
            event = json.loads(data)
        except ValueError:
            event = {}
        if event.get("type") == "error":
            error = event["error"]
            kind = _IN_STREAM.get(error["type"], "internalServerException")
            headers = {":message-type": "exception", ":exception-type": kind}
            return encode_frame(headers, json.dumps({"message": error["message"]}).encode())
        if event.get("type") == "message_stop":
            data = json.dumps({**event, "amazon-bedrock-invocationMetrics": METRICS}).encode()
        return encode_chunk(data)


def encode_chunk(event: bytes) -> bytes:
    """Encode one event of the Messages API; real frames are padded, too."""
    payload = {"bytes": base64.b64encode(event).decode(), "p": "abcdefghijklm"}
    headers = {":event-type": "chunk", ":message-type": "event"}
    return encode_frame(headers, json.dumps(payload).encode())


def encode_frame(headers: dict[str, str], payload: bytes) -> bytes:
    """Encode a message of `application/vnd.amazon.eventstream`."""
    named = {":content-type": "application/json", **headers}
    block = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack("!H", len(value))
        + value.encode()
        for name, value in named.items()
    )
    prelude = struct.pack("!II", len(block) + len(payload) + 16, len(block))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    message = prelude + block + payload
    return message + struct.pack("!I", zlib.crc32(message))

"""Sends requests to a cloud through its client of the SDK, which signs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.answer_start import CheckedAnswer, UpstreamResponse
from bridge.backends.anthropic_api.sdk_sender import UNCOMPRESSED, SdkResponse
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    from bridge.backends.anthropic_api.clouds.cloud import Cloud, CloudClient


class CloudSender:
    """Sends each request under the cloud's own name of the model."""

    def __init__(self, cloud: Cloud, client: CloudClient) -> None:
        self._cloud = cloud
        self._client = client

    async def send(self, request: MessagesRequest) -> CheckedAnswer:
        model = self._cloud.find_model(request.model)
        request = self._cloud.adapt_request(request)
        # Some clouds have the model in the path, and refuse it in the body.
        body = {name: value for name, value in request.body().items() if name != "model"}
        with self._cloud.translate_errors():
            response: UpstreamResponse = SdkResponse(
                await self._client.messages.with_streaming_response.create(
                    model=model,
                    max_tokens=request.max_tokens,
                    messages=[],
                    stream=True,
                    # As an extra body the messages are not validated again.
                    extra_body=body,
                    extra_headers={**UNCOMPRESSED, **request.headers},
                ).__aenter__()
            )
        return CheckedAnswer(self._cloud.adapt_response(response))

    async def close(self) -> None:
        """Do nothing: the client is closed by its owner."""

"""Claude on Amazon Bedrock, whose requests are signed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.clouds.aws_frames import CONTENT_TYPE, FrameDecoder
from bridge.backends.anthropic_api.clouds.cloud import ClientOptions, Cloud, get_header
from bridge.errors import BridgeError, Forbidden, KeyRejected, UpstreamUnreachable

if TYPE_CHECKING:
    from anthropic import AsyncAnthropicBedrock, AsyncAnthropicBedrockMantle

    from bridge.backends.anthropic_api.answer_start import UpstreamResponse

_KEY = "AWS_BEARER_TOKEN_BEDROCK"
_REJECTIONS = (
    "ExpiredToken",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignature",
    "MissingAuthenticationToken",
    "UnrecognizedClient",
)
"""How the types of errors begin that are about the credentials; the status is 403.

https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
"""


class _Aws(Cloud):
    """Credentials are those of AWS's own chain: variables, a profile, or the machine's role."""

    extra = "bedrock"
    modules = ("boto3", "botocore")
    hint = (
        "Sign in to AWS, for example with `aws configure` or `aws sso login`, and restart the "
        "bridge."
    )
    key_variables: Sequence[str] = (_KEY,)
    """Variables with an API key of Bedrock, which is used instead of a signature."""

    def find_region(self) -> str:
        """Return the region of the table or of AWS's own settings.

        Raises NotSignedIn without one, and without credentials.
        """
        import boto3

        session = boto3.Session(profile_name=self.table.profile)
        has_key = any(os.environ.get(name) for name in self.key_variables)
        # The SDK looks again for each request; here a missing one is found before.
        if (self.table.profile or not has_key) and session.get_credentials() is None:
            raise self.build_missing("AWS's tools find none on this computer")
        region = self.table.region or os.environ.get("AWS_REGION") or session.region_name
        if not region:
            raise self.build_missing(
                f"no region is set in [clouds.{self.name}], in AWS_REGION or in the profile"
            )
        return region

    def list_failures(self) -> tuple[type[Exception], ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        return BotoCoreError, ClientError

    def translate_failure(self, error: Exception) -> BridgeError:
        from botocore.exceptions import ConnectionError, HTTPClientError

        if isinstance(error, ConnectionError | HTTPClientError):
            return UpstreamUnreachable(f"AWS cannot be asked for credentials: {error}")
        return super().translate_failure(error)

    def refine_error(self, error: BridgeError) -> BridgeError:
        kind = get_header(error, "x-amzn-errortype")
        if isinstance(error, Forbidden) and kind.startswith(_REJECTIONS):
            return KeyRejected(error.message, headers=error.headers)
        return error


class Bedrock(_Aws):
    """The API InvokeModel, which has the model in the path."""

    label = "Amazon Bedrock"
    counts_tokens = False
    has_version_in_body = True
    # The SDK sends a newer one, which models behind InvokeModel do not know.
    # https://docs.aws.amazon.com/bedrock/latest/userguide/inference-messages-api.html
    version = "bedrock-2023-05-31"

    def make_client(self, options: ClientOptions) -> AsyncAnthropicBedrock:
        from anthropic import AsyncAnthropicBedrock

        table = self.table
        if table.profile is not None and os.environ.get(_KEY):
            raise self.build_missing(f"{_KEY} and a profile are set, and only one can be used")
        return AsyncAnthropicBedrock(
            aws_region=self.find_region(),
            aws_profile=table.profile,
            base_url=table.base_url,
            **options,
        )

    def adapt_response(self, response: UpstreamResponse) -> UpstreamResponse:
        if response.headers.get("content-type", "").startswith(CONTENT_TYPE):
            return _FramedResponse(response)
        # Something else answered in place of Bedrock, and is recognized later.
        return response


class BedrockMantle(_Aws):
    """The Messages API of Bedrock's endpoint `bedrock-mantle`: server-sent events."""

    label = "Amazon Bedrock (Messages API)"
    key_variables = (_KEY, "ANTHROPIC_AWS_API_KEY")

    def make_client(self, options: ClientOptions) -> AsyncAnthropicBedrockMantle:
        from anthropic import AsyncAnthropicBedrockMantle

        table, region = self.table, self.find_region()
        return AsyncAnthropicBedrockMantle(
            aws_region=region, aws_profile=table.profile, base_url=table.base_url, **options
        )


class _FramedResponse:
    """A response whose frames are decoded to server-sent events."""

    def __init__(self, response: UpstreamResponse) -> None:
        self._response = response
        self._decoder = FrameDecoder()
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    async def read(self) -> bytes:
        # An empty piece would mean the end, but a frame may be incomplete yet.
        while piece := await self._response.read():
            if events := self._decoder.feed(piece):
                return events
        return b""

    @property
    def at_end(self) -> bool:
        return self._response.at_end

    async def close(self) -> None:
        await self._response.close()

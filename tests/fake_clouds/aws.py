"""What AWS checks before a request reaches any of its services."""

from __future__ import annotations

import re

from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.fake_clouds.gateway import Refused

ACCESS_KEY = "AKIAFAKEFAKEFAKEFAKE"
SECRET_KEY = "made-up/secret+key"
REGION = "eu-central-1"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>\S+), "
    r"SignedHeaders=(?P<names>\S+), Signature=(?P<signature>[0-9a-f]{64})"
)


class AwsAccess:
    """The one account of AWS."""

    def __init__(self) -> None:
        self.session_token: str | None = None
        """If set, the token that belongs to temporary credentials."""
        self.bearer: str | None = None
        """If set, the API key of Bedrock that is accepted instead of a signature."""

    async def check(self, request: web.Request, url: str, service: str) -> None:
        """Check the signature as AWS does: by making it again. Raises Refused."""
        given = request.headers.get("Authorization", "")
        if self.bearer is not None and given == f"Bearer {self.bearer}":
            return
        match = _AUTHORIZATION.fullmatch(given)
        if match is None:
            kind = "MissingAuthenticationTokenException"
            raise Refused(403, kind, "Missing Authentication Token")
        if match["key"] != ACCESS_KEY:
            kind = "UnrecognizedClientException"
            raise Refused(403, kind, "The security token included in the request is invalid.")
        if request.headers.get("X-Amz-Security-Token") != self.session_token:
            kind = "ExpiredTokenException"
            raise Refused(403, kind, "The security token included in the request is expired")
        date = request.headers["X-Amz-Date"]
        names = match["names"].split(";")
        scope = f"{date[:8]}/{REGION}/{service}/aws4_request"
        if match["scope"] != scope or not {"host", "x-amz-date"} <= {*names}:
            raise Refused(403, "InvalidSignatureException", "Credential should be scoped.")
        signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), service, REGION)
        signed = AWSRequest(
            request.method,
            f"{url}{request.raw_path}",
            data=await request.read(),
            headers={name: request.headers[name] for name in names},
        )
        signed.context["timestamp"] = date
        text = signer.string_to_sign(signed, signer.canonical_request(signed))
        if signer.signature(text, signed) != match["signature"]:
            message = "The request signature we calculated does not match."
            raise Refused(403, "InvalidSignatureException", message)

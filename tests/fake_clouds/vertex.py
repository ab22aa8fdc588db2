"""A strict fake of Google's Vertex AI, and of the server that sells it tokens.

https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds.gateway import CloudRequest, FakeCloud, Refused

PROJECT = "made-up-project"
REGION = "europe-west1"
VERSIONS = ("vertex-2023-10-16", "2023-06-01", "2026-10-21")
EMAIL = "bridge@made-up-project.iam.gserviceaccount.com"
_AUDIENCE = "https://oauth2.googleapis.com/token"
"""What Google's package writes into a claim, wherever it sends it."""
_MODELS = f"/v1/projects/{PROJECT}/locations/{REGION}/publishers/anthropic/models"


class FakeVertex(FakeCloud):
    """`models` are the ids it knows, and the models of the fake of Anthropic's API for them."""

    def __init__(self, upstream: FakeAnthropic, models: dict[str, str]) -> None:
        super().__init__(upstream)
        self._models = models
        self.tokens: list[str] = []
        """All tokens that were issued; each is valid until it is removed from here."""
        self.token_seconds = 3600
        self.assertions = 0
        """How many tokens were asked for."""
        self.sells_tokens = True
        """If false, the account was deleted."""

    def application(self) -> web.Application:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/token", self._handle_token)
        app.router.add_post(f"{_MODELS}/count-tokens:rawPredict", self._handle_count)
        app.router.add_post(_MODELS + "/{id}:streamRawPredict", self._handle_stream)
        return app

    def write_account(self, folder: Path) -> Path:
        """Write the file of a service account, and return its path."""
        path = folder / "account.json"
        account = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "key-1",
            "private_key": _make_private_key(),
            "client_email": EMAIL,
            "token_uri": f"{self.url}/token",
        }
        path.write_text(json.dumps(account))
        return path

    async def _handle_token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if not self.sells_tokens:
            error = {"error": "invalid_grant", "error_description": "Invalid JWT: no such account"}
            return web.json_response(error, status=400)
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        # Raises for a wrong signature or audience, and for a token that is too old.
        assertion, key = str(form["assertion"]), _make_public_key()
        claims = jwt.decode(assertion, certs=key, audience=_AUDIENCE)  # type: ignore[no-untyped-call]
        assert claims["iss"] == EMAIL
        assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
        self.assertions += 1
        self.tokens.append(f"ya29.made-up-{self.assertions}")
        answer = {"access_token": self.tokens[-1], "expires_in": self.token_seconds}
        return web.json_response({**answer, "token_type": "Bearer"})

    async def _handle_stream(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        try:
            record = await self._read(request)
            if "model" in record.body:
                raise Refused(400, "INVALID_ARGUMENT", "model: Extra inputs are not permitted")
            model = self._find_model(id)
        except Refused as refused:
            return self.build_failure(refused)
        body, version = _split_version({**record.body, "model": model})
        betas = record.headers.get("anthropic-beta")
        return await self.forward(request, body, betas, version=version)

    async def _handle_count(self, request: web.Request) -> web.StreamResponse:
        try:
            record = await self._read(request)
            model = self._find_model(record.body["model"])
        except Refused as refused:
            return self.build_failure(refused)
        body, version = _split_version({**record.body, "model": model})
        betas = record.headers.get("anthropic-beta")
        return await self.forward(request, body, betas, "/v1/messages/count_tokens", version)

    async def _read(self, request: web.Request) -> CloudRequest:
        record = await self.record(request)
        if record.headers.get("authorization") not in [f"Bearer {token}" for token in self.tokens]:
            message = "Request had invalid authentication credentials."
            raise Refused(401, "UNAUTHENTICATED", message)
        if record.body.get("anthropic_version") not in VERSIONS:
            raise Refused(400, "INVALID_ARGUMENT", "anthropic_version: Field required")
        return record

    def _find_model(self, id: str) -> str:
        if id not in self._models:
            message = f"Publisher Model `{_MODELS.removeprefix('/v1/')}/{id}` was not found."
            raise Refused(404, "NOT_FOUND", message)
        return self._models[id]

    def build_failure(self, refused: Refused) -> web.Response:
        if refused.kind.endswith("_error"):
            # Claude's own errors are passed on as they are.
            own = {"type": refused.kind, "message": refused.message}
            return web.json_response({"type": "error", "error": own}, status=refused.status)
        error = {"code": refused.status, "message": refused.message, "status": refused.kind}
        return web.json_response({"error": error}, status=refused.status)


def _split_version(body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the body without the API version, and the version as a header has it."""
    version = body.pop("anthropic_version")
    return body, version.replace("vertex-2023-10-16", "2023-06-01")


@functools.cache
def _make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _make_private_key() -> str:
    return (
        _make_key()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def _make_public_key() -> bytes:
    return (
        _make_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )

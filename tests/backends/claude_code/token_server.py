"""Anthropic's token endpoint over TLS, for a real Claude Code that renews its sign-in.

Claude Code reaches it through a proxy, because its address is built in. Each refresh token works
once, as the real ones do: whoever loses the newest one is signed out.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

SCOPES = "user:inference user:profile"
HOSTS = ("platform.claude.com", "api.anthropic.com")


@dataclass
class TokenServer:
    """The tokens that are valid now, and what is to happen when one is renewed."""

    config: Path
    """Claude Code's folder, with the sign-in in it."""
    access: str = "sk-ant-oat01-0"
    refresh: str = "refresh-0"
    seconds: float = 0.0
    """The time between the replacement of a token and the answer that tells of it."""
    renewals: int = 0
    rejects: bool = False
    """Whether the refresh token is rejected, as when the user has revoked it."""
    started: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a token has been replaced."""
    environ: dict[str, str] = field(default_factory=dict)
    """What a Claude Code needs to reach this server."""

    def sign_in(self, *, expires_in: float) -> None:
        """Write the sign-in as Claude Code does, with an access token that expires then."""
        oauth = {
            "accessToken": self.access,
            "refreshToken": self.refresh,
            "expiresAt": int((time.time() + expires_in) * 1000),
            "scopes": SCOPES.split(),
            "subscriptionType": "max",
        }
        self.config.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps({"claudeAiOauth": oauth}))
        self._file.chmod(0o600)

    @property
    def is_signed_in(self) -> bool:
        """Whether the stored refresh token is the one that works."""
        stored = json.loads(self._file.read_text())["claudeAiOauth"]
        return bool(stored["refreshToken"] == self.refresh)

    @property
    def _file(self) -> Path:
        return self.config / ".credentials.json"

    async def answer(self, line: bytes, body: bytes) -> tuple[int, dict[str, Any]]:
        """Answer one request of Claude Code's."""
        if b"/oauth/token" not in line:
            return 404, {"error": {"type": "not_found_error", "message": "not here"}}
        if self.rejects or json.loads(body).get("refresh_token") != self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "Refresh token revoked"}
        self.renewals += 1
        self.refresh = f"refresh-{self.renewals}"
        self.access = f"sk-ant-oat01-{self.renewals}"
        tokens = {"access_token": self.access, "refresh_token": self.refresh, "scope": SCOPES}
        self.started.set()
        await asyncio.sleep(self.seconds)
        return 200, {**tokens, "expires_in": 28800, "token_type": "Bearer"}


@asynccontextmanager
async def run_token_server(folder: Path) -> AsyncIterator[TokenServer]:
    """Serve on loopback; `folder` gets Claude Code's folder and the certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    tokens = TokenServer(folder / ".claude")
    server = await asyncio.start_server(_make_proxy(tokens, context), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    tokens.environ = {
        "CLAUDE_CONFIG_DIR": str(tokens.config),
        "HTTPS_PROXY": f"http://{host}:{port}",
        "NO_PROXY": "127.0.0.1",
        "NODE_EXTRA_CA_CERTS": str(folder / "authority.pem"),
    }
    try:
        yield tokens
    finally:
        server.close()


def _make_proxy(
    tokens: TokenServer, context: ssl.SSLContext
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            await writer.start_tls(context)
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
                status, answer = await tokens.answer(
                    head.split(b"\r\n")[0], await reader.readexactly(length)
                )
                data = json.dumps(answer).encode()
                writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n" % (status, len(data)))
                writer.write(b"Content-Type: application/json\r\n\r\n" + data)
        except (asyncio.IncompleteReadError, OSError):
            # Claude Code has closed the connection, or was killed.
            return
        finally:
            writer.close()

    return serve

"""Claude on Google's Vertex AI: requests carry a token of Google's, which expires."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.clouds.cloud import ClientOptions, Cloud
from bridge.errors import BridgeError, UpstreamUnreachable

if TYPE_CHECKING:
    from anthropic import AsyncAnthropicVertex

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class Vertex(Cloud):
    """Credentials are Google's Application Default Credentials."""

    label = "Google Vertex AI"
    extra = "vertex"
    modules = ("google.auth", "requests")
    has_version_in_body = True
    hint = "Sign in with `gcloud auth application-default login`, and restart the bridge."

    def make_client(self, options: ClientOptions) -> AsyncAnthropicVertex:
        import google.auth
        from anthropic import AsyncAnthropicVertex

        table = self.table
        credentials, default_project = google.auth.default(scopes=_SCOPES)
        project = table.project or os.environ.get("ANTHROPIC_VERTEX_PROJECT_ID") or default_project
        if not project:
            raise self.build_missing(
                f"no project is set in [clouds.{self.name}], and they belong to none"
            )
        return AsyncAnthropicVertex(
            region=table.region or "",
            project_id=project,
            credentials=credentials,
            base_url=table.base_url,
            **options,
        )

    def list_failures(self) -> tuple[type[Exception], ...]:
        from google.auth.exceptions import GoogleAuthError

        return (GoogleAuthError,)

    def translate_failure(self, error: Exception) -> BridgeError:
        from google.auth.exceptions import TransportError

        if isinstance(error, TransportError):
            return UpstreamUnreachable(f"Google cannot be asked for a token: {error}")
        return super().translate_failure(error)

"""Claude on Microsoft Foundry: the Messages API at another address, with an Azure key."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.clouds.cloud import ClientOptions, Cloud
from bridge.clouds.table import CloudTable

if TYPE_CHECKING:
    from anthropic import AsyncAnthropicFoundry


class Foundry(Cloud):
    """The credential is the saved key of the cloud's name, or ANTHROPIC_FOUNDRY_API_KEY."""

    label = "Microsoft Foundry"

    def __init__(self, name: str, table: CloudTable, secret: str | None) -> None:
        super().__init__(name, table, secret)
        self.hint = f"Save the key with `claude-bridge key set cloud --name {name}`."

    def make_client(self, options: ClientOptions) -> AsyncAnthropicFoundry:
        from anthropic import AsyncAnthropicFoundry

        secret = self._secret or os.environ.get("ANTHROPIC_FOUNDRY_API_KEY")
        if not secret:
            raise self.build_missing("no key is saved for it")
        # Not as `resource`, which the SDK refuses if ANTHROPIC_FOUNDRY_BASE_URL is set.
        address = f"https://{self.table.resource}.services.ai.azure.com/anthropic/"
        return AsyncAnthropicFoundry(
            base_url=self.table.base_url or address, api_key=secret, **options
        )

    def find_model(self, model: str) -> str:
        # Deployments are named like Anthropic's models unless the user chose otherwise.
        return self.table.models.get(model.lower(), model)

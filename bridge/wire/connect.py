"""How to connect each known client: where to configure it, and what to paste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge.wire.doc import Doc


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How to set up one client."""

    client: str
    steps: Annotated[str, Doc("Where to configure it, in one sentence.")]
    snippet: Annotated[str, Doc("What to paste there.")]
    note: Annotated[str | None, Doc("What else to know about this client.")] = None
    mind: Annotated[str | None, Doc("The old name of `note`; will be removed.")] = None

    def __post_init__(self) -> None:
        # Clients of the previous version read `mind`.
        object.__setattr__(self, "mind", self.note)


@dataclass(frozen=True, kw_only=True)
class Connections:
    """`GET /connect`."""

    base_url: Annotated[str, Doc("The base URL for clients of OpenAI's API.")]
    key: Annotated[
        str | None,
        Doc(
            "The API key for clients: `any` if the bridge has no access key; the access key for "
            "callers with the control token; null for others."
        ),
    ]
    clients: list[Connection]


_ANY_KEY = "API key: any word, unless the bridge has an access key."


def build_connections(base_url: str, model: str, key: str = "any") -> tuple[Connection, ...]:
    """Build the instructions for each known client.

    `base_url` is the bridge's, such as `http://127.0.0.1:8000/v1`. `model` is the name that the
    clients should send, `key` their API key.
    """
    fields = f"Base URL  {base_url}\nAPI key   {key}\nModel ID  {model}"
    return (
        Connection(
            client="openai-python",
            steps="In code, or with the variables OPENAI_BASE_URL and OPENAI_API_KEY.",
            snippet=_PYTHON.format(base_url=base_url, model=model, key=key),
            note=_ANY_KEY,
        ),
        Connection(
            client="curl",
            steps="In a terminal.",
            snippet=_CURL.format(base_url=base_url, model=model, key=key),
        ),
        Connection(
            client="Codex CLI",
            steps=f"In ~/.codex/config.toml; then run OPENAI_API_KEY={key} codex.",
            snippet=_CODEX.format(base_url=base_url, model=model),
            note="Uses /v1/responses with its own tools. You can ignore its warning about unknown "
            "model metadata.",
        ),
        Connection(
            client="Claude Code",
            steps="In the terminal where you start it.",
            snippet=_CLAUDE_CODE.format(root=base_url.removesuffix("/v1"), key=key),
            note="Only useful if the bridge uses an API key. Do not set these variables for the "
            "bridge itself: it would send its requests to itself.",
        ),
        Connection(
            client="Cline",
            steps="Settings, API Provider: OpenAI Compatible.",
            snippet=fields,
            note=_ANY_KEY,
        ),
        Connection(
            client="Roo Code",
            steps="Settings, Providers, API Provider: OpenAI Compatible.",
            snippet=fields,
            note=_ANY_KEY,
        ),
        Connection(
            client="Continue",
            steps="In ~/.continue/config.yaml, under models.",
            snippet=_CONTINUE.format(base_url=base_url, model=model, key=key),
        ),
        Connection(
            client="Zed",
            steps="In settings.json. Zed asks for the API key in its agent settings: any word.",
            snippet=_ZED.format(base_url=base_url, model=model),
        ),
        Connection(
            client="JetBrains AI Assistant",
            steps="Settings, Tools, AI Assistant, Models, Third-party AI providers: "
            "OpenAI-compatible; then Test Connection.",
            snippet=f"URL  {base_url}",
            note="Requests the list of models first, which the bridge supports.",
        ),
        Connection(
            client="Open WebUI",
            steps="In its environment, or Admin settings, Connections, OpenAI API.",
            snippet=f"OPENAI_API_BASE_URL={base_url}\nOPENAI_API_KEY={key}",
            note="In a container, this computer has another name, such as host.docker.internal: "
            "add it to allowed_hosts, and give the bridge an access key.",
        ),
        Connection(
            client="Cursor",
            steps="Settings, Models: an OpenAI API key, and Override OpenAI Base URL.",
            snippet=fields,
            note="Cursor sends requests from its own servers, which cannot reach this computer. "
            "Use Cursor's local mode, or a public address (a tunnel) with an access key and that "
            "name in allowed_hosts. Cursor ignores the override for models whose name begins "
            "with claude-: use default.",
        ),
    )


_PYTHON = """\
from openai import OpenAI

client = OpenAI(base_url="{base_url}", api_key="{key}")
answer = client.chat.completions.create(
    model="{model}",
    messages=[{{"role": "user", "content": "Hello!"}}],
)
print(answer.choices[0].message.content)
"""

_CURL = """\
curl {base_url}/chat/completions -H "Content-Type: application/json" \\
  -H "Authorization: Bearer {key}" \\
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello!"}}]}}'
"""

_CODEX = """\
model = "{model}"
model_provider = "claude-bridge"

[model_providers.claude-bridge]
name = "Claude Bridge"
base_url = "{base_url}"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
"""

_CLAUDE_CODE = """\
ANTHROPIC_BASE_URL={root} ANTHROPIC_API_KEY={key} claude
"""

_CONTINUE = """\
models:
  - name: Claude
    provider: openai
    model: {model}
    apiBase: {base_url}
    apiKey: {key}
    roles: [chat, edit, apply]
"""

_ZED = """\
{{
  "language_models": {{
    "openai_compatible": {{
      "Claude Bridge": {{
        "api_url": "{base_url}",
        "available_models": [
          {{ "name": "{model}", "display_name": "Claude", "max_tokens": 200000 }}
        ]
      }}
    }}
  }}
}}
"""

"""How each known client is pointed at the bridge: where to click, and what to paste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge.wire.doc import Doc


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One client."""

    client: str
    steps: Annotated[str, Doc("Where it goes, in a sentence.")]
    snippet: Annotated[str, Doc("What to paste there.")]
    mind: Annotated[str | None, Doc("What else there is to know.")] = None


@dataclass(frozen=True, kw_only=True)
class Connections:
    """`GET /connect`."""

    base_url: Annotated[str, Doc("What a client of OpenAI's takes as its base URL.")]
    key: Annotated[
        str | None,
        Doc(
            "What a client sends as its key: `any`, or the bridge's own for who bears the "
            "control token; null for others."
        ),
    ]
    clients: list[Connection]


_ANY_KEY = "API key: any word, unless the bridge has a key of its own."


def connections(base_url: str, model: str, key: str = "any") -> tuple[Connection, ...]:
    """For a base URL such as `http://127.0.0.1:8000/v1`; `model` is the name to ask for."""
    fields = f"Base URL  {base_url}\nAPI key   {key}\nModel ID  {model}"
    return (
        Connection(
            client="openai-python",
            steps="In code, or with the variables OPENAI_BASE_URL and OPENAI_API_KEY.",
            snippet=_PYTHON.format(base_url=base_url, model=model, key=key),
            mind=_ANY_KEY,
        ),
        Connection(
            client="curl",
            steps="In a terminal.",
            snippet=_CURL.format(base_url=base_url, model=model, key=key),
        ),
        Connection(
            client="Codex CLI",
            steps=f"In ~/.codex/config.toml; then OPENAI_API_KEY={key} codex.",
            snippet=_CODEX.format(base_url=base_url, model=model),
            mind="It asks /v1/responses, with its own tools; its warning about unknown model "
            "metadata is harmless.",
        ),
        Connection(
            client="Claude Code",
            steps="In the terminal that starts it.",
            snippet=_CLAUDE_CODE.format(root=base_url.removesuffix("/v1"), key=key),
            mind="Only worth it with an API key behind the bridge. Do not set these variables for "
            "the bridge itself: it would ask itself.",
        ),
        Connection(
            client="Cline",
            steps="Settings, API Provider: OpenAI Compatible.",
            snippet=fields,
            mind=_ANY_KEY,
        ),
        Connection(
            client="Roo Code",
            steps="Settings, Providers, API Provider: OpenAI Compatible.",
            snippet=fields,
            mind=_ANY_KEY,
        ),
        Connection(
            client="Continue",
            steps="In ~/.continue/config.yaml, under models.",
            snippet=_CONTINUE.format(base_url=base_url, model=model, key=key),
        ),
        Connection(
            client="Zed",
            steps="In settings.json; Zed asks for the key in its agent settings: any word.",
            snippet=_ZED.format(base_url=base_url, model=model),
        ),
        Connection(
            client="JetBrains AI Assistant",
            steps="Settings, Tools, AI Assistant, Models, Third-party AI providers: "
            "OpenAI-compatible; then Test Connection.",
            snippet=f"URL  {base_url}",
            mind="It wants the list of models before anything else; the bridge gives it.",
        ),
        Connection(
            client="Open WebUI",
            steps="In its environment, or Admin settings, Connections, OpenAI API.",
            snippet=f"OPENAI_API_BASE_URL={base_url}\nOPENAI_API_KEY={key}",
            mind="From inside a container this machine has another name, such as "
            "host.docker.internal: allow it with allowed_hosts, and give the bridge a key.",
        ),
        Connection(
            client="Cursor",
            steps="Settings, Models: an OpenAI API key, and Override OpenAI Base URL.",
            snippet=fields,
            mind="Cursor calls from its own servers, so it cannot reach this machine: it needs a "
            "public address (a tunnel), a key of the bridge's own, and that name in "
            "allowed_hosts; or Cursor's local mode. Names that begin with claude- go past the "
            "override: use default.",
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

"""Rows of editors and apps; most keep their settings where only they can write them."""

from __future__ import annotations

from bridge.connect.data import Change, Item
from bridge.connect.programs.row import (
    KEY_VARIABLE,
    TITLE,
    Bridge,
    Dialog,
    Place,
    Row,
    Source,
    Target,
)

_FIELDS = "Base URL  {base_url}\nAPI key   {key}\nModel ID  {model}"
_UNCHECKED = Source("unchecked", "no copy of it was at hand")
_CONTAINER = (
    "In a container, this computer has another name, such as host.docker.internal: use it in the "
    "base URL, add it to allowed_hosts, and give the bridge an access key."
)
_ANY_KEY = (
    "API key: any word, unless the bridge has an access key. This one tells the bridge which "
    "program asks."
)
_DICTATION = (
    "Haiku is the fastest of Claude's models. A rule with the profile fast also turns thinking off "
    "and keeps a connection open: see Models, Small texts."
)


def _write_zed(bridge: Bridge) -> tuple[Change, ...]:
    model = {"name": bridge.model, "display_name": "Claude", "max_tokens": 200_000}
    return (
        Change(
            ("language_models", "openai_compatible", TITLE),
            {"api_url": bridge.base_url, "available_models": [model]},
        ),
    )


_CODE_FOLDER = Place("{config}/Code", "~/Library/Application Support/Code", "{appdata}/Code")


def _in_code(name: str) -> Place:
    """Return the place of a file of VS Code's default profile."""
    return Place(
        f"{{config}}/Code/User/{name}",
        f"~/Library/Application Support/Code/User/{name}",
        f"{{appdata}}/Code/User/{name}",
    )


def _write_vscode(bridge: Bridge) -> tuple[Change, ...]:
    model = {
        "id": bridge.model,
        "name": "Claude",
        "url": f"{bridge.base_url}/chat/completions",
        "toolCalling": True,
        "vision": True,
        "maxInputTokens": 200_000,
        "maxOutputTokens": 32_000,
    }
    group = {
        "name": TITLE,
        "vendor": "customendpoint",
        "apiKey": bridge.key,
        "apiType": "chat-completions",
        "models": [model],
    }
    return (Change((Item("name", TITLE),), group),)


def _write_roo(bridge: Bridge) -> tuple[Change, ...]:
    provider = {
        "apiProvider": "openai",
        "openAiBaseUrl": bridge.base_url,
        "openAiApiKey": bridge.key,
        "openAiModelId": bridge.model,
    }
    profiles = {"currentApiConfigName": TITLE, "apiConfigs": {TITLE: provider}}
    return (Change(("providerProfiles",), profiles),)


def _write_open_webui(bridge: Bridge) -> tuple[Change, ...]:
    return (
        Change(("OPENAI_API_BASE_URL",), bridge.base_url),
        Change(("OPENAI_API_KEY",), bridge.key),
    )


def _write_librechat(bridge: Bridge) -> tuple[Change, ...]:
    endpoint = {
        "name": TITLE,
        "apiKey": bridge.refer_to_key(f"${{{KEY_VARIABLE}}}"),
        "baseURL": bridge.base_url,
        "models": {"default": [bridge.model], "fetch": True},
    }
    return (
        Change(("version",), "1.3.17", is_default=True),
        Change(("endpoints", "custom", Item("name", TITLE)), endpoint),
    )


EDITORS = (
    Row(
        name="zed",
        title="Zed",
        steps="In settings.json. Zed asks for the API key in its agent settings: {key}.",
        note="Zed stores API keys in the system's keychain, where only Zed writes: enter the key "
        "under Agent Settings, LLM Providers, Claude Bridge.",
        start="In Zed, open Agent Settings, LLM Providers, Claude Bridge; enter the key, and "
        "choose Claude in the agent panel.",
        targets=(
            Target(
                Place(
                    "{config}/zed/settings.json",
                    "~/.config/zed/settings.json",
                    "{appdata}/Zed/settings.json",
                ),
                "json",
                _write_zed,
                has_key=False,
            ),
        ),
        commands=("zed", "zeditor"),
        folders=(Place("{config}/zed", "~/.config/zed", "{appdata}/Zed"),),
        bundles=("Zed.app",),
        agents=("zed",),
        sends="`/v1/chat/completions`; it expects `usage` in complete responses.",
        source=Source(
            "source", "zed-industries/zed, crates/settings_content/src/language_model.rs"
        ),
    ),
    Row(
        name="vscode",
        title="VS Code chat",
        steps="In chatLanguageModels.json among its user files; or command palette, Chat: Manage "
        "Language Models, Add Models, Custom Endpoint.",
        note="From VS Code 1.122 on; no GitHub sign-in. For the default profile: each other "
        "profile has a file of its own. VS Code can also store the key itself: enter it with the "
        "gear of Claude Bridge in Chat: Manage Language Models.",
        start="In VS Code, choose Claude in the model picker of the chat. If it is not there yet, "
        "restart VS Code.",
        targets=(Target(_in_code("chatLanguageModels.json"), "json", _write_vscode),),
        folders=(_CODE_FOLDER,),
        commands=("code",),
        bundles=("Visual Studio Code.app",),
        sends="`/v1/chat/completions`, streamed.",
        source=Source(
            "source",
            "microsoft/vscode, languageModelsConfigurationService.ts, and issue 316916",
            "028a948",
        ),
    ),
    Row(
        name="cline-extension",
        title="Cline in VS Code",
        steps="Settings, API Provider: OpenAI Compatible.",
        snippet=_FIELDS,
        note=_ANY_KEY,
        extensions=("saoudrizwan.claude-dev-",),
        agents=("cline*",),
        sends="`/v1/chat/completions`, streamed, with many tools; `reasoning_effort`.",
        source=_UNCHECKED,
    ),
    Row(
        name="roo",
        title="Roo Code",
        steps="A file to import, roo-code-settings.json in the current folder; or Settings, "
        "Providers, API Provider: OpenAI Compatible.",
        note="Roo Code keeps its settings in VS Code's own store. The import adds a provider, and "
        "chooses it. Delete the file afterwards, if it has an access key in it.",
        start="In Roo Code: Settings, About Roo Code, Import; choose roo-code-settings.json.",
        targets=(Target(Place("roo-code-settings.json"), "json", _write_roo),),
        extensions=("rooveterinaryinc.roo-cline-",),
        agents=("roocode*", "roo-code*"),
        sends="`/v1/chat/completions`, streamed, with many tools, and always `temperature: 0`, "
        "which newer models do not support: a notice says so.",
        source=Source("source", "RooCodeInc/Roo-Code, src/core/config/importExport.ts", "1ad5afb"),
    ),
    Row(
        name="kilo-extension",
        title="Kilo Code in VS Code",
        steps="Settings, Providers, API Provider: OpenAI Compatible.",
        snippet=_FIELDS,
        note=_ANY_KEY,
        extensions=("kilocode.kilo-code-",),
        sends="`/v1/chat/completions`, streamed.",
        source=_UNCHECKED,
    ),
    Row(
        name="jetbrains",
        title="JetBrains AI Assistant",
        steps="AI Chat, Use API Key or Local Models (also: Bring your own API key), Provider: "
        "OpenAI-compatible.",
        snippet="Base URL  {base_url}\nKey       {key}\nModel     {model}",
        dialog=Dialog(
            "AI Chat, Use API Key or Local Models",
            (
                ("Provider", "OpenAI-compatible"),
                ("Base URL", "{base_url}"),
                ("Key", "{key}"),
                ("Model", "{model}"),
            ),
            "Continue",
        ),
        note="Requests the list of models first, which the bridge supports.",
        folders=(
            Place(
                "{config}/JetBrains",
                "~/Library/Application Support/JetBrains",
                "{appdata}/JetBrains",
            ),
        ),
        sends="`/v1/models`, then `/v1/chat/completions`; it refuses a model that `/v1/models` "
        "does not list.",
        source=Source(
            "documentation",
            "https://www.jetbrains.com/help/ai-assistant/bring-your-own-key-byok.html",
        ),
    ),
    Row(
        name="xcode",
        title="Xcode",
        steps="Settings, Intelligence, Add a Chat Provider (in some versions: Add a Model "
        "Provider), Internet Hosted.",
        snippet="URL             {root}\nAPI key         {key}\nAPI key header  x-api-key",
        note="Xcode adds /v1 to the URL itself.",
        bundles=("Xcode.app",),
        agents=("xcode",),
        sends="`/v1/models`, then `/v1/chat/completions`.",
        dialog=Dialog(
            "Settings, Intelligence, Add a Chat Provider, Internet Hosted",
            (("URL", "{root}"), ("API Key", "{key}"), ("API Key Header", "x-api-key")),
            "Add",
        ),
        source=Source("documentation", "https://docs.venice.ai/guides/integrations/xcode"),
    ),
    Row(
        name="cursor",
        title="Cursor",
        steps="First give the bridge a public address (a tunnel), with an access key and that "
        "name in allowed_hosts: requests come from Cursor's servers, which cannot reach this "
        "computer. Then Cursor Settings, Models, API Keys.",
        snippet="OpenAI API Key            {key}\n"
        "Override OpenAI Base URL  https://your-public-address/v1, a tunnel to {base_url}\n"
        "+ Add model               {model}",
        dialog=Dialog(
            "Cursor Settings, Models, API Keys",
            (
                ("OpenAI API Key", "your access key"),
                ("Override OpenAI Base URL", "https://your-public-address/v1"),
                ("+ Add model", "{model}"),
            ),
            "Verify",
        ),
        note="Cursor's own local mode needs no public address. Cursor ignores the override for "
        "models whose name begins with claude-: use default.",
        commands=("cursor",),
        folders=(Place("~/.cursor"),),
        bundles=("Cursor.app",),
        agents=("cursor*",),
        sends="`/v1/chat/completions` from its own servers, with bodies in the format of the "
        "Responses API.",
        source=Source("documentation", "https://ngrok.com/docs/ai-gateway/agents/cursor"),
    ),
)

APPS = (
    Row(
        name="open-webui",
        title="Open WebUI",
        steps="In the file open-webui.env of the current folder; or Admin settings, Connections, "
        "OpenAI API.",
        note=_CONTAINER,
        start="Start: docker run --env-file open-webui.env …, or in a shell: "
        "set -a; . ./open-webui.env; open-webui serve",
        targets=(Target(Place("open-webui.env"), "env", _write_open_webui),),
        commands=("open-webui",),
        sends="`/v1/models`, then `/v1/chat/completions`; it refuses a model that `/v1/models` "
        "does not list.",
        source=Source("source", "PyPI open-webui, open_webui/config.py", "0.12.4"),
    ),
    Row(
        name="librechat",
        title="LibreChat",
        steps="In librechat.yaml of the current folder, under endpoints, custom.",
        note=_CONTAINER,
        start="Start LibreChat again, and choose Claude Bridge among its endpoints. In a "
        "container, the variable belongs into LibreChat's own .env.",
        variable=KEY_VARIABLE,
        targets=(Target(Place("librechat.yaml"), "yaml", _write_librechat),),
        sends="`/v1/models` for the list, `/v1/chat/completions`.",
        source=Source(
            "source",
            "danny-avila/LibreChat, librechat.example.yaml, and librechat.ai, custom_endpoints",
            "00450b5",
        ),
    ),
    Row(
        name="jan",
        title="Jan",
        steps="Settings, Model Providers, Add Provider, OpenAI-compatible.",
        snippet=_FIELDS,
        note=_ANY_KEY,
        bundles=("Jan.app",),
        folders=(Place("{config}/Jan", "~/Library/Application Support/Jan", "{appdata}/Jan"),),
        sends="`/v1/chat/completions`, streamed.",
        source=Source(
            "documentation", "https://www.jan.ai/docs/desktop/remote-models/custom-endpoint"
        ),
    ),
    Row(
        name="claude-desktop",
        title="Claude Desktop",
        steps="Help, Troubleshooting, Enable Developer Mode; then Developer, Configure "
        "Third-Party Inference, Gateway.",
        snippet="Gateway base URL  {root}\nGateway API key   {key}\nAuth scheme       Bearer",
        dialog=Dialog(
            "Developer, Configure Third-Party Inference",
            (
                ("Inference provider", "Gateway"),
                ("Gateway base URL", "{root}"),
                ("Gateway API key", "{key}"),
                ("Gateway auth scheme", "bearer"),
            ),
            "Apply Changes",
        ),
        note="Only useful if the bridge uses an API key.",
        bundles=("Claude.app",),
        agents=("claude-desktop*",),
        sends="`/v1/messages` and `/v1/models`.",
        source=Source(
            "documentation", "https://docs.litellm.ai/docs/proxy/client_setup/claude_desktop"
        ),
    ),
)

DICTATION = tuple(
    Row(
        name=name,
        title=title,
        steps="In its settings, where it asks who improves the text: a custom provider that is "
        "compatible with OpenAI.",
        snippet="Base URL  {base_url}\nAPI key   {key}\nModel     haiku",
        note=_DICTATION,
        bundles=(bundle,),
        source=source,
    )
    for name, title, bundle, source in (
        ("handy", "Handy", "Handy.app", _UNCHECKED),
        ("voiceink", "VoiceInk", "VoiceInk.app", _UNCHECKED),
        ("fluidvoice", "FluidVoice", "FluidVoice.app", _UNCHECKED),
        ("openwhispr", "OpenWhispr", "OpenWhispr.app", _UNCHECKED),
    )
)

"""Rows of editors and apps; most keep their settings where only they can write them."""

from __future__ import annotations

from bridge.connect.data import Change
from bridge.connect.programs.row import TITLE, Bridge, Place, Row, Source, Target

_FIELDS = "Base URL  {base_url}\nAPI key   {key}\nModel ID  {model}"
_UNCHECKED = Source("unchecked", "no copy of it was at hand")
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
        source=Source(
            "source", "zed-industries/zed, crates/settings_content/src/language_model.rs"
        ),
    ),
    Row(
        name="vscode",
        title="VS Code chat",
        steps="Command palette, Chat: Manage Language Models, Add Models, Custom Endpoint; then "
        "this in the list of the file that opens (chatLanguageModels.json). Key: {key}.",
        snippet='{{\n  "name": "Claude Bridge",\n  "vendor": "customendpoint",\n'
        '  "apiType": "chat-completions",\n  "models": [\n    {{\n      "id": "{model}",\n'
        '      "name": "Claude",\n      "url": "{base_url}/chat/completions",\n'
        '      "toolCalling": true,\n      "vision": true,\n      "maxInputTokens": 200000,\n'
        '      "maxOutputTokens": 32000\n    }}\n  ]\n}}',
        language="json",
        note="From VS Code 1.122 on; no GitHub sign-in. VS Code stores the key itself.",
        folders=(Place("{config}/Code", "~/Library/Application Support/Code", "{appdata}/Code"),),
        commands=("code",),
        bundles=("Visual Studio Code.app",),
        source=Source("documentation", "microsoft/vscode#316916"),
    ),
    Row(
        name="cline",
        title="Cline",
        steps="Settings, API Provider: OpenAI Compatible.",
        snippet=_FIELDS,
        note=_ANY_KEY,
        commands=("cline",),
        folders=(Place("~/.cline"),),
        extensions=("saoudrizwan.claude-dev-",),
        agents=("cline*",),
        source=_UNCHECKED,
    ),
    Row(
        name="roo",
        title="Roo Code",
        steps="Settings, Providers, API Provider: OpenAI Compatible.",
        snippet=_FIELDS,
        note=_ANY_KEY,
        extensions=("rooveterinaryinc.roo-cline-",),
        agents=("roocode*", "roo-code*"),
        source=_UNCHECKED,
    ),
    Row(
        name="kilo",
        title="Kilo Code",
        steps="Settings, Providers, API Provider: OpenAI Compatible.",
        snippet=_FIELDS,
        note=_ANY_KEY,
        commands=("kilo", "kilocode"),
        folders=(Place("{config}/kilo"),),
        extensions=("kilocode.kilo-code-",),
        agents=("kilo*",),
        source=_UNCHECKED,
    ),
    Row(
        name="goose",
        title="goose",
        steps="In the terminal where you start it, or with goose configure, provider OpenAI.",
        snippet="GOOSE_PROVIDER=openai GOOSE_MODEL={model} OPENAI_HOST={root} "
        "OPENAI_BASE_PATH=v1/chat/completions OPENAI_API_KEY={key} goose",
        language="sh",
        note="goose ignores keys in its config.yaml; goose configure stores them.",
        commands=("goose",),
        folders=(Place("{config}/goose"),),
        agents=("goose*",),
        source=Source("documentation", "https://block.github.io/goose/docs/guides/config-file"),
    ),
    Row(
        name="droid",
        title="Factory droid",
        steps="In ~/.factory/settings.json, under customModels; then /model.",
        snippet='{{\n  "model": "{model}",\n  "displayName": "Claude Bridge",\n'
        '  "baseUrl": "{base_url}",\n  "apiKey": "{key}",\n'
        '  "provider": "generic-chat-completion-api",\n  "maxOutputTokens": 32000\n}}',
        language="json",
        commands=("droid",),
        folders=(Place("~/.factory"),),
        agents=("droid*", "factory*"),
        source=Source("documentation", "https://docs.factory.ai/model-independence/byok"),
    ),
    Row(
        name="jetbrains",
        title="JetBrains AI Assistant",
        steps="Settings, Tools, AI Assistant, Models, Third-party AI providers: "
        "OpenAI-compatible; then Test Connection.",
        snippet="URL  {base_url}",
        note="Requests the list of models first, which the bridge supports.",
        folders=(
            Place(
                "{config}/JetBrains",
                "~/Library/Application Support/JetBrains",
                "{appdata}/JetBrains",
            ),
        ),
        source=_UNCHECKED,
    ),
    Row(
        name="xcode",
        title="Xcode",
        steps="Settings, Intelligence, Add a Model Provider, Internet Hosted.",
        snippet="URL             {root}\nAPI key         {key}\nAPI key header  x-api-key",
        note="Xcode adds /v1 to the URL itself.",
        bundles=("Xcode.app",),
        agents=("xcode",),
        source=_UNCHECKED,
    ),
    Row(
        name="cursor",
        title="Cursor",
        steps="Settings, Models: an OpenAI API key, and Override OpenAI Base URL.",
        snippet=_FIELDS,
        note="Cursor sends requests from its own servers, which cannot reach this computer. "
        "Use Cursor's local mode, or a public address (a tunnel) with an access key and that "
        "name in allowed_hosts. Cursor ignores the override for models whose name begins "
        "with claude-: use default.",
        commands=("cursor",),
        folders=(Place("~/.cursor"),),
        bundles=("Cursor.app",),
        agents=("cursor*",),
        source=_UNCHECKED,
    ),
)

APPS = (
    Row(
        name="open-webui",
        title="Open WebUI",
        steps="In its environment, or Admin settings, Connections, OpenAI API.",
        snippet="OPENAI_API_BASE_URL={base_url}\nOPENAI_API_KEY={key}",
        language="sh",
        note="In a container, this computer has another name, such as host.docker.internal: "
        "add it to allowed_hosts, and give the bridge an access key.",
        commands=("open-webui",),
        source=Source("source", "PyPI open-webui", "0.12.4"),
    ),
    Row(
        name="librechat",
        title="LibreChat",
        steps="In librechat.yaml, under endpoints, custom.",
        snippet='- name: "Claude Bridge"\n  apiKey: "{key}"\n  baseURL: "{base_url}"\n'
        '  models:\n    default: ["{model}"]\n    fetch: true',
        language="yaml",
        note="In a container, this computer has another name, such as host.docker.internal: "
        "add it to allowed_hosts, and give the bridge an access key.",
        source=Source(
            "documentation", "https://www.librechat.ai/docs/quick_start/custom_endpoints"
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
        note="Only useful if the bridge uses an API key.",
        bundles=("Claude.app",),
        agents=("claude-desktop*",),
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

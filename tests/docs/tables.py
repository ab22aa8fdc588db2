"""The tables of the documentation, made of the code's own data.

`python -m tests.docs.tables` writes them between their marks; look at the difference.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from bridge.cli.main import build_parser
from bridge.embeddings.names import OPENAI_LENGTHS
from bridge.errors import list_errors
from bridge.models.names import resolve
from bridge.models.prices import find_price
from bridge.models.rules import RULES
from bridge.server.api.routes import ENDPOINTS
from bridge.server.metrics import Metrics
from bridge.server.request_record import RequestRecord
from bridge.settings import Settings, format_default
from bridge.translate.answer_format import AnswerFormat
from bridge.translate.chat.request import IGNORED_PARAMETERS
from bridge.translate.responses.resource import build_response
from bridge.translate.responses.stream import ResponsesStream
from bridge.translate.stream.chat_chunks import FINISH_REASONS, ChatStream
from bridge.wire.connect import build_connections
from bridge.wire.responses import ResponsesRequest
from tests.docs.doors import chat_stream, doors
from tests.docs.mapping import completions_parameters, parameters, responses_parameters
from tests.docs.markdown import fenced, table
from tests.docs.samples import EVENTS

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_MARKED = re.compile(r"(<!-- (table|code): ([\w.]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_ACCESS = {
    "open": "every program on this computer",
    "key": "access key, if the bridge requires one",
    "token": "control token",
}
_OLD_NAMES = (
    "gpt-4",
    "gpt-4-turbo",
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-3.5-turbo",
    "o3",
    "claude-3-opus-20240229",
    "claude-3-5-sonnet-20241022",
    "claude-3-5-haiku-20241022",
    "claude-sonnet-4-20250514",
)


def settings() -> str:
    rows = (
        (f"`{name}`", f"`{format_default(field.default)}`", field.description)
        for name, field in Settings.model_fields.items()
    )
    return table(("Setting", "Default", "Meaning"), rows)


def endpoints() -> str:
    rows = ((f"`{row.method} {row.path}`", row.summary, _ACCESS[row.access]) for row in ENDPOINTS)
    return table(("Endpoint", "What it does", "Who may call"), rows)


def errors() -> str:
    rows = (
        (f"{kind.status}", f"`{kind.outcome}`", kind.summary, kind.hint) for kind in list_errors()
    )
    return table(("Status", "Code", "What happened", "What to do"), rows)


def models() -> str:
    rows = []
    for rules in RULES:
        price = find_price(rules.id)
        cost = f"${price.rates.input} / ${price.rates.output}" if price else "not known"
        rows.append(
            (
                f"`{rules.id}`",
                f"{rules.context:,}",
                f"{rules.max_output:,}",
                rules.thinking.replace("_", " "),
                "toolset" if rules.computer == "toolset" else "tools",
                cost,
            )
        )
    heads = ("Model", "Context", "Longest answer", "Thinking", "Computer", "In / out per million")
    return table(heads, rows)


def aliases() -> str:
    active = Settings.model_fields["model"].default
    rows = []
    for name in ("default", *_OLD_NAMES):
        found = resolve(name, active)
        rows.append((f"`{name}`", f"`{found.model}`", "yes" if found.notice else "no"))
    return table(("You ask for", "Answers, as long as nothing is set", "With a notice"), rows)


def embeddings() -> str:
    rows = ((f"`{name}`", f"{length:,}") for name, length in OPENAI_LENGTHS.items())
    return table(("Name", "Numbers in a vector"), rows)


def commands() -> str:
    return table(("Command", "What it does"), _commands(build_parser(), "claude-bridge"))


def set_aside() -> str:
    return table(
        ("Parameter", "Why"), ((f"`{name}`", why) for name, why in IGNORED_PARAMETERS.items())
    )


def events() -> str:
    """What each event of Claude's is in a chat's chunks and in a response's events."""
    chat = ChatStream(id="chatcmpl-1", model="claude-opus-5-5", created=0, include_usage=True)
    wanted = ResponsesRequest(model="default", input="Hi")
    base = build_response(wanted, id="resp_1", created_at=0, model="claude-opus-5-5")
    response = ResponsesStream(
        base,
        answer_format=AnswerFormat(),
        namespaces={},
        new_id=lambda kind: f"{kind}_1",
        clock=lambda: 0,
    )
    rows = []
    for name, event in EVENTS:
        chunks = chat.feed(event)  # type: ignore[arg-type]
        told = response.feed(event)  # type: ignore[arg-type]
        rows.append((name, _chunks(chunks), ", ".join(f"`{one['type']}`" for one in told) or "–"))
    return table(("Claude's event", "In a chat's chunk", "In a response's stream"), rows)


def clients() -> str:
    """A section for each, as the dashboard and `GET /connect` have it."""
    told = []
    for one in build_connections("http://localhost:8000/v1", "default"):
        note = f"\n{one.note}\n" if one.note else ""
        kind = _KINDS_OF_SNIPPETS.get(one.client, "text")
        told.append(f"## {one.client}\n\n{one.steps}\n\n{fenced(kind, one.snippet)}{note}")
    return "\n".join(told)


_KINDS_OF_SNIPPETS = {
    "openai-python": "python",
    "curl": "sh",
    "Codex CLI": "toml",
    "Claude Code": "sh",
    "Continue": "yaml",
    "Zed": "json",
    "Open WebUI": "sh",
}


def finish_reasons() -> str:
    rows = ((f"`{theirs}`", f"`{ours}`") for theirs, ours in FINISH_REASONS.items())
    return table(("Claude's `stop_reason`", "`finish_reason`"), rows)


def voice_command() -> str:
    """One command: its line, and the action it calls."""
    folder = ROOT / "talon_user"
    lines = (folder / "claude.talon").read_text("utf-8").splitlines()
    (line,) = (one for one in lines if "} history$:" in one)
    source = (folder / "claude.py").read_text("utf-8")
    (action,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == "claude_history"
    )
    written = textwrap.dedent(ast.get_source_segment(source, action, padded=True) or "")
    return f"{fenced('talon', line)}\n{fenced('python', written)}"


def rooms() -> str:
    """From the contract of imports, top to bottom, each with the sentence it opens with."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (layers,) = (
        contract["layers"]
        for contract in contracts["contracts"]
        if contract["type"] == "layers" and contract["containers"] == ["bridge"]
    )
    rows = []
    for at, layer in enumerate(layers, 1):
        for room in layer.split(" | "):
            rows.append((at, f"`bridge/{_path(room)}`", _sentence(ROOT / "bridge" / _path(room))))
    return table(("Floor", "Room", "What it is"), rows)


def _path(room: str) -> str:
    return f"{room}/" if (ROOT / "bridge" / room).is_dir() else f"{room}.py"


def _sentence(path: Path) -> str:
    module = path / "__init__.py" if path.is_dir() else path
    told = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    return told.partition("\n\n")[0]


def voice() -> str:
    """What the folder's own page says, below its title."""
    _, _, text = (ROOT / "talon_user" / "README.md").read_text("utf-8").partition("\n")
    return text.strip() + "\n"


def clients_short() -> str:
    """A row for each."""
    rows = (
        (f"[{one.client}](docs/clients.md#{_anchor(one.client)})", one.steps, one.note or "")
        for one in build_connections("http://localhost:8000/v1", "default")
    )
    return table(("Client", "Where", "Notes"), rows)


def _anchor(words: str) -> str:
    return words.lower().replace(" ", "-")


def metrics() -> str:
    """With the labels that one answer leaves behind."""
    counted = Metrics()
    answer = RequestRecord(
        model="claude-opus-5-5",
        backend="anthropic",
        prompt_tokens=1,
        completion_tokens=1,
        first_chunk_seconds=1.0,
        outcome="stop",
    )
    counted.observe("/v1/chat/completions", answer, 200, 1.0)
    rows = []
    for family in counted.registry.collect():
        labels = dict.fromkeys(one for sample in family.samples for one in sample.labels)
        shown = ", ".join(f"`{one}`" for one in labels if one != "le")
        ending = "_total" if family.type == "counter" else ""
        rows.append((f"`{family.name}{ending}`", family.type, shown, family.documentation))
    return table(("Name", "Kind", "Labels", "What it counts"), rows)


TABLES: Mapping[str, Callable[[], str]] = {
    one.__name__: one
    for one in (
        settings,
        endpoints,
        errors,
        models,
        aliases,
        embeddings,
        commands,
        parameters,
        set_aside,
        events,
        finish_reasons,
        clients,
        clients_short,
        metrics,
        responses_parameters,
        completions_parameters,
        chat_stream,
        rooms,
        voice,
        voice_command,
    )
} | doors()


def filled(text: str) -> str:
    """A page with every marked table as the code has it now."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{_made(found[2], found[3])}\n{found[4]}", text)


def _made(kind: str, name: str) -> str:
    return TABLES[name]() if kind == "table" else code(name)


def code(name: str) -> str:
    """What is written under a dotted name, as it is written; a method by its class."""
    module, _, symbol = name.rpartition(".")
    holder: Any
    try:
        holder = import_module(module)
    except ModuleNotFoundError:
        above, _, kind = module.rpartition(".")
        holder = getattr(import_module(above), kind)
    return fenced("python", textwrap.dedent(inspect.getsource(getattr(holder, symbol))))


def _commands(parser: argparse.ArgumentParser, name: str) -> Iterable[tuple[str, str]]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        helps = {one.dest: one.help for one in action._choices_actions}
        for word, below in action.choices.items():
            inner = list(_commands(below, f"{name} {word}"))
            if inner:
                yield from inner
            else:
                yield f"`{name} {word}{_usage(below)}`", str(helps.get(word) or "")


def _usage(parser: argparse.ArgumentParser) -> str:
    """What it takes besides the settings, which every command takes."""
    told = ""
    for action in parser._actions:
        if action.dest in ("help", *Settings.model_fields) and action.dest != "model":
            continue
        if action.dest == "model" and action.default is argparse.SUPPRESS:
            continue
        if action.help is argparse.SUPPRESS:
            continue
        told += f" {_word(action)}"
    return told


def _word(action: argparse.Action) -> str:
    choices = f"{{{','.join(map(str, action.choices))}}}" if action.choices else ""
    if not action.option_strings:
        shown = choices or action.dest.upper()
        return f"[{shown}]" if action.nargs == "?" else shown
    value = "" if action.nargs == 0 else f" {choices or action.dest.upper()}"
    return f"[{action.option_strings[-1]}{value}]"


def _chunks(chunks: Iterable[Mapping[str, Any]]) -> str:
    told = []
    for chunk in chunks:
        if not chunk["choices"]:
            told.append("a chunk with `usage`")
            continue
        choice = chunk["choices"][0]
        if choice["finish_reason"]:
            told.append(f"`finish_reason: {choice['finish_reason']}`")
        else:
            told.append(f"`delta: {json.dumps(choice['delta'], separators=(',', ':'))}`")
    return ", ".join(told) or "–"


def main() -> None:
    """Writes every page."""
    for page in PAGES:
        text = page.read_text("utf-8")
        if filled(text) != text:
            page.write_text(filled(text), "utf-8")
            print(f"wrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

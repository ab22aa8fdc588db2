"""Builds the tables of the documentation from the code.

`python -m tests.docs.tables` writes them between their marks in the pages.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import json
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from bridge.cli.exit_codes import MEANINGS
from bridge.cli.main import build_parser
from bridge.connect.snippets import list_connections
from bridge.embeddings.names import OPENAI_LENGTHS
from bridge.embeddings.sources import FORMER_DEFAULT, BuiltinSource
from bridge.embeddings.static_model import StaticModel
from bridge.errors import list_errors
from bridge.models.names import resolve
from bridge.models.prices import find_price
from bridge.models.rules import RULES
from bridge.server.api.routes import ENDPOINTS
from bridge.settings import BUILTIN_EMBEDDING_MODEL, Settings, format_default
from bridge.translate.answer_format import AnswerFormat
from bridge.translate.chat.request import IGNORED_PARAMETERS
from bridge.translate.responses.resource import build_response
from bridge.translate.responses.stream import ResponsesStream
from bridge.translate.responses.tool_list import ToolList
from bridge.translate.stream.chat_chunks import FINISH_REASONS, ChatStream
from bridge.wire.responses import ResponsesRequest
from tests.docs.directives import build_directives
from tests.docs.endpoints import build_chat_stream, list_endpoint_tables
from tests.docs.installing import build_uninstall, build_upgrade
from tests.docs.mapping import (
    build_completions_parameters,
    build_parameters,
    build_responses_parameters,
)
from tests.docs.markdown import build_table, fence
from tests.docs.metrics import build_metrics
from tests.docs.samples import EVENTS
from tests.docs.sketches import list_sketches, write_sketches
from tests.embeddings.retrieval import list_inputs, measure_quality

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


def build_settings() -> str:
    rows = (
        (f"`{name}`", f"`{format_default(field.default)}`", field.description)
        for name, field in Settings.model_fields.items()
    )
    return build_table(("Setting", "Default", "Meaning"), rows)


def build_endpoints() -> str:
    rows = ((f"`{row.method} {row.path}`", row.summary, _ACCESS[row.access]) for row in ENDPOINTS)
    return build_table(("Endpoint", "What it does", "Who may call"), rows)


def build_errors() -> str:
    rows = (
        (f"{kind.status}", f"`{kind.outcome}`", kind.summary, kind.hint) for kind in list_errors()
    )
    return build_table(("Status", "Code", "What happened", "What to do"), rows)


def build_models() -> str:
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
    heads = ("Model", "Context", "Max output", "Thinking", "Computer", "In / out per million")
    return build_table(heads, rows)


def build_aliases() -> str:
    active = Settings.model_fields["model"].default
    rows = []
    for name in ("default", *_OLD_NAMES):
        found = resolve(name, active)
        rows.append((f"`{name}`", f"`{found.model}`", "yes" if found.notices else "no"))
    return build_table(("Requested model", "Model by default", "Notice"), rows)


def build_embeddings() -> str:
    rows = ((f"`{name}`", f"{length:,}") for name, length in OPENAI_LENGTHS.items())
    return build_table(("Name", "Dimensions"), rows)


def build_embedding_quality() -> str:
    model = StaticModel(*BuiltinSource().get_files(lambda: False))
    vectors, _ = model.embed(list_inputs())
    measured = {
        (f"`{BUILTIN_EMBEDDING_MODEL}`", "16 MB, installed"): vectors,
        ("its first 64 dimensions", ""): vectors[:, :64],
    }
    rows = [
        (*titles, *(f"{share:.2f}" for share in dataclasses.astuple(measure_quality(some))))
        for titles, some in measured.items()
    ]
    rows.append((f"`{FORMER_DEFAULT}`", "130 MB, downloaded", *["not measured here"] * 3))
    return build_table(("Model", "Size", "Recall@1", "Recall@5", "MRR"), rows)


def build_commands() -> str:
    return build_table(("Command", "What it does"), _list_commands(build_parser(), "claude-bridge"))


def build_exit_codes() -> str:
    rows = ((f"{code:d}", meaning) for code, meaning in MEANINGS.items())
    return build_table(("Code", "Meaning"), rows)


def build_ignored_parameters() -> str:
    return build_table(
        ("Parameter", "Why"), ((f"`{name}`", why) for name, why in IGNORED_PARAMETERS.items())
    )


def build_events() -> str:
    """Convert each of Claude's events to chat chunks and to Responses events."""
    chat = ChatStream(id="chatcmpl-1", model="claude-opus-5-5", created=0, include_usage=True)
    wanted = ResponsesRequest(model="default", input="Hi")
    base = build_response(wanted, id="resp_1", created_at=0, model="claude-opus-5-5")
    response = ResponsesStream(
        base,
        answer_format=AnswerFormat(),
        tools=ToolList(),
        new_id=lambda kind: f"{kind}_1",
        clock=lambda: 0,
    )
    rows = []
    for name, event in EVENTS:
        chunks = chat.feed(event)  # type: ignore[arg-type]
        told = response.feed(event)  # type: ignore[arg-type]
        rows.append(
            (name, _format_chunks(chunks), ", ".join(f"`{one['type']}`" for one in told) or "–")
        )
    return build_table(("Claude's event", "Chat chunk", "Responses event"), rows)


def build_clients() -> str:
    """Build a section for each client, with the content of `GET /connect`.

    What it needs, what it sends, and what was proved with which version and when.
    """
    told, sketches = [], list_sketches()
    for one in list_connections("http://localhost:8000/v1", "default", None):
        command = f"`claude-bridge connect {one.name}` writes this; or do it yourself.\n\n"
        needs = f"\n**What it needs**: {one.note}\n" if one.note else ""
        sends = f"\n**What it sends**: {one.sends}\n" if one.sends else ""
        dialog = f"sketch-{one.name}.svg" in sketches
        sketch = f"\n![{one.client}: what to fill in](pictures/sketch-{one.name}.svg)\n" * dialog
        proved = one.proved or "nothing with the program itself"
        told.append(
            f"## {one.client}\n\n{command if one.writable else ''}{one.steps}\n\n"
            f"{fence(one.language, one.snippet)}{sketch}{needs}{sends}\n"
            f"**What was proved**: {proved}. These facts: {one.source}.\n"
        )
    return "\n".join(told)


def build_finish_reasons() -> str:
    rows = ((f"`{theirs}`", f"`{ours}`") for theirs, ours in FINISH_REASONS.items())
    return build_table(("Claude's `stop_reason`", "`finish_reason`"), rows)


def build_voice_command() -> str:
    """Quote one voice command: its line in the `.talon` file and the action it calls."""
    folder = ROOT / "talon_user"
    lines = (folder / "claude.talon").read_text("utf-8").splitlines()
    (line,) = (one for one in lines if "} history:" in one)
    source = (folder / "claude.py").read_text("utf-8")
    (action,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == "claude_history"
    )
    written = textwrap.dedent(ast.get_source_segment(source, action, padded=True) or "")
    return f"{fence('talon', line)}\n{fence('python', written)}"


def build_packages() -> str:
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
            rows.append(
                (
                    at,
                    f"`bridge/{_format_path(room)}`",
                    _read_first_sentence(ROOT / "bridge" / _format_path(room)),
                )
            )
    return build_table(("Layer", "Package", "What it is"), rows)


def _format_path(room: str) -> str:
    return f"{room}/" if (ROOT / "bridge" / room).is_dir() else f"{room}.py"


def _read_first_sentence(path: Path) -> str:
    module = path / "__init__.py" if path.is_dir() else path
    told = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    return told.partition("\n\n")[0]


def build_voice() -> str:
    """Quote the README of `talon_user`, without its title."""
    _, _, text = (ROOT / "talon_user" / "README.md").read_text("utf-8").partition("\n")
    return text.strip() + "\n"


TABLES: Mapping[str, Callable[[], str]] = {
    build.__name__.removeprefix("build_"): build
    for build in (
        build_settings,
        build_endpoints,
        build_errors,
        build_models,
        build_aliases,
        build_embeddings,
        build_embedding_quality,
        build_commands,
        build_exit_codes,
        build_parameters,
        build_ignored_parameters,
        build_events,
        build_finish_reasons,
        build_clients,
        build_metrics,
        build_directives,
        build_upgrade,
        build_uninstall,
        build_responses_parameters,
        build_completions_parameters,
        build_chat_stream,
        build_packages,
        build_voice,
        build_voice_command,
    )
} | list_endpoint_tables()


def fill_tables(text: str) -> str:
    """Return a page with all marked tables up to date."""
    return _MARKED.sub(
        lambda found: f"{found[1]}\n{_build_marked(found[2], found[3])}\n{found[4]}", text
    )


def _build_marked(kind: str, name: str) -> str:
    return TABLES[name]() if kind == "table" else build_code(name)


def build_code(name: str) -> str:
    """Quote the source of a dotted name, such as `module.function` or `module.Class.method`."""
    module, _, symbol = name.rpartition(".")
    holder: Any
    try:
        holder = import_module(module)
    except ModuleNotFoundError:
        above, _, kind = module.rpartition(".")
        holder = getattr(import_module(above), kind)
    return fence("python", textwrap.dedent(inspect.getsource(getattr(holder, symbol))))


def _list_commands(parser: argparse.ArgumentParser, name: str) -> Iterable[tuple[str, str]]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        helps = {one.dest: one.help for one in action._choices_actions}
        for word, below in action.choices.items():
            inner = list(_list_commands(below, f"{name} {word}"))
            if inner:
                yield from inner
            else:
                yield f"`{name} {word}{_format_usage(below)}`", str(helps.get(word) or "")


def _format_usage(parser: argparse.ArgumentParser) -> str:
    """Format the arguments of a command, without the settings, which all commands accept."""
    told = ""
    for action in parser._actions:
        if action.dest in ("help", *Settings.model_fields) and action.dest != "model":
            continue
        if action.dest == "model" and action.default is argparse.SUPPRESS:
            continue
        if action.help is argparse.SUPPRESS:
            continue
        told += f" {_format_argument(action)}"
    return told


def _format_argument(action: argparse.Action) -> str:
    choices = f"{{{','.join(map(str, action.choices))}}}" if action.choices else ""
    if not action.option_strings:
        shown = choices or action.dest.upper()
        return f"[{shown}]" if action.nargs in ("?", "*") else shown
    value = "" if action.nargs == 0 else f" {choices or action.dest.upper()}"
    return f"[{action.option_strings[-1]}{value}]"


def _format_chunks(chunks: Iterable[Mapping[str, Any]]) -> str:
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
    """Write all pages and sketches."""
    write_sketches()
    for page in PAGES:
        text = page.read_text("utf-8")
        if fill_tables(text) != text:
            page.write_text(fill_tables(text), "utf-8")
            print(f"wrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

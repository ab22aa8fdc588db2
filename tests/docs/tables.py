"""The tables of the documentation, made of the code's own data.

`python -m tests.docs.tables` writes them between their marks; look at the difference.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from bridge.cli import _parser
from bridge.embeddings.names import USUAL
from bridge.errors import BridgeError, InvalidRequest
from bridge.models.names import resolve, rules_of
from bridge.models.prices import price_of
from bridge.models.rules import RULES
from bridge.server.endpoints import ENDPOINTS
from bridge.server.failures import TOLD
from bridge.settings import Settings
from bridge.translate.request import SET_ASIDE, translate
from bridge.translate.responses.resource import resource
from bridge.translate.responses.stream import ResponsesStream
from bridge.translate.stream import FINISH_REASONS, ChatStream
from bridge.translate.style import AnswerStyle
from bridge.wire.chat import ChatRequest
from bridge.wire.connect import connections
from bridge.wire.responses import ResponsesRequest
from tests.docs.samples import BY_THE_SERVER, EVENTS, NEED_TOOLS, PARAMETERS

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_MARKED = re.compile(r"(<!-- (table|code): ([\w.]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_ACCESS = {"open": "anybody on this machine", "key": "key, if the bridge has one", "token": "token"}
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
        (f"`{name}`", f"`{field.default}`", field.description)
        for name, field in Settings.model_fields.items()
    )
    return table(("Setting", "Default", "Meaning"), rows)


def endpoints() -> str:
    rows = ((f"`{row.method} {row.path}`", row.summary, _ACCESS[row.access]) for row in ENDPOINTS)
    return table(("Endpoint", "What it does", "Who may call"), rows)


def errors() -> str:
    rows = []
    for kind in sorted(_kinds(BridgeError), key=lambda kind: (kind.status, _code(kind))):
        told = TOLD[_code(kind)]
        rows.append((f"{kind.status}", f"`{_code(kind)}`", told.words, told.cure))
    return table(("Status", "Code", "What happened", "What to do"), dict.fromkeys(rows))


def models() -> str:
    rows = []
    for rules in RULES:
        price = price_of(rules.id)
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
    rows = ((f"`{name}`", f"{length:,}") for name, length in USUAL.items())
    return table(("Name", "Numbers in a vector"), rows)


def commands() -> str:
    return table(("Command", "What it does"), _commands(_parser(), "claude-bridge"))


def parameters() -> str:
    """What each one becomes for two models, by translating it."""
    rows = []
    for name, value in PARAMETERS.items():
        shown = json.dumps(value, separators=(", ", ": "))
        short = shown if len(shown) < 40 else f"{shown[:36]}…"
        new, old = (_becomes(name, value, model) for model in _MODELS)
        rows.append((f"`{name}`", f"`{short}`", new, old if old != new else "the same"))
    heads = ("Parameter", "Example", *(f"`{model}`" for model in _MODELS))
    return table(heads, rows)


_MODELS = ("claude-opus-5-5", "claude-haiku-4-5")


def set_aside() -> str:
    return table(("Parameter", "Why"), ((f"`{name}`", why) for name, why in SET_ASIDE.items()))


def events() -> str:
    """What each event of Claude's is in a chat's chunks and in a response's events."""
    chat = ChatStream(id="chatcmpl-1", model="claude-opus-5-5", created=0, include_usage=True)
    wanted = ResponsesRequest(model="default", input="Hi")
    base = resource(wanted, id="resp_1", created_at=0, model="claude-opus-5-5")
    response = ResponsesStream(
        base, style=AnswerStyle(), namespaces={}, new_id=lambda kind: f"{kind}_1", clock=lambda: 0
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
    for one in connections("http://localhost:8000/v1", "default"):
        mind = f"\n{one.mind}\n" if one.mind else ""
        told.append(
            f"## {one.client}\n\n{one.steps}\n\n```text\n{one.snippet.rstrip()}\n```\n{mind}"
        )
    return "\n".join(told)


def finish_reasons() -> str:
    rows = ((f"`{theirs}`", f"`{ours}`") for theirs, ours in FINISH_REASONS.items())
    return table(("Claude's `stop_reason`", "`finish_reason`"), rows)


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
    )
}


def table(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    names = list(heads)
    lines = [names, ["---"] * len(names), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def filled(text: str) -> str:
    """A page with every marked table as the code has it now."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{_made(found[2], found[3])}\n{found[4]}", text)


def _made(kind: str, name: str) -> str:
    return TABLES[name]() if kind == "table" else code(name)


def code(name: str) -> str:
    """What is written under a dotted name, as it is written."""
    module, _, symbol = name.rpartition(".")
    return f"```python\n{inspect.getsource(getattr(import_module(module), symbol))}```\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _kinds(kind: type[BridgeError]) -> Iterable[type[BridgeError]]:
    for below in kind.__subclasses__():
        if below.__module__ == "bridge.errors":
            yield below
            yield from _kinds(below)


def _code(kind: type[BridgeError]) -> str:
    return kind.code or kind.type


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
                yield f"`{name} {word}`", str(helps.get(word) or "")


def _becomes(name: str, value: Any, model: str) -> str:
    if name in BY_THE_SERVER:
        return BY_THE_SERVER[name]
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
    if name in NEED_TOOLS:
        body["tools"] = PARAMETERS["tools"]
    rules = rules_of(model)
    plain = translate(ChatRequest.model_validate(body), rules, model)
    try:
        told = translate(ChatRequest.model_validate({**body, name: value}), rules, model)
    except InvalidRequest as error:
        return f"refused: {error.message}"
    before, after = plain.request.body(), told.request.body()
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    words = [f"`{key}`: `{_short(after.get(key))}`" for key in changed]
    if told.blank_stops:
        words.append("watched for by the bridge")
    words += [f"notice: {notice.partition(': ')[2]}" for notice in told.notices]
    return "; ".join(words) or "nothing to be done"


def _short(value: Any) -> str:
    shown = json.dumps(value, separators=(", ", ": "))
    return shown if len(shown) < 70 else f"{shown[:66]}…"


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

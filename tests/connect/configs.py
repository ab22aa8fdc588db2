"""Strategies for config files as people write them: with comments, odd layout, and our keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from bridge.connect.data import Change, Item
from bridge.connect.formats import FormatName

WORDS = st.text("abcdefgäxyz-_", min_size=1, max_size=6).filter(lambda word: word[0] not in "-")
STRINGS = st.text("abc é:#/{}[],'\\\"", max_size=8)
SCALARS = st.one_of(st.booleans(), st.integers(-9, 99), STRINGS)
COMMENTS = st.sampled_from(["", "", "# note", "# [table] {x} 'quote'", "#"])
BLANKS = st.sampled_from(["", "", "\n", "\n\n", "  \n"])
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.one_of(WORDS, STRINGS), inner, max_size=3)
    ),
    max_leaves=8,
)

TOML_CHANGES = (
    Change(("model",), "default"),
    Change(("model_provider",), "claude-bridge"),
    Change(
        ("model_providers", "claude-bridge"),
        {"name": "Claude Bridge", "base_url": "http://localhost:8000/v1", "headers": {"a": "b"}},
    ),
    Change(("providers", Item("name", "bridge")), {"name": "bridge", "base_url": "http://x/v1"}),
)
YAML_CHANGES = (
    Change(("openai-api-base",), "http://localhost:8000/v1"),
    Change(
        ("models", Item("name", "Claude Bridge")),
        {"name": "Claude Bridge", "provider": "openai", "roles": ["chat", "edit"]},
    ),
)
JSON_CHANGES = (
    Change(("model",), "claude-bridge/default"),
    Change(("provider", "claude-bridge"), {"options": {"baseURL": "http://localhost:8000/v1"}}),
    Change(("list", Item("name", "Claude Bridge")), {"name": "Claude Bridge", "models": []}),
)
ENV_CHANGES = (
    Change(("OPENAI_BASE_URL",), "http://localhost:8000/v1"),
    Change(("OPENAI_API_KEY",), "any"),
)


@st.composite
def toml_texts(draw: st.DrawFn) -> str:  # noqa: C901 - one list of lines
    """A TOML file: keys, tables, dotted keys, texts of several lines, and perhaps our keys."""
    lines: list[str] = []
    used: set[str] = set()

    def add_pairs(most: int) -> None:
        for key in draw(st.lists(WORDS, max_size=most, unique=True)):
            if key in used:
                continue
            lines.append(
                f"{key_of(key)} {'=':{draw(st.sampled_from('<>'))}3} {value()} {comment()}"
            )
            lines.append(draw(BLANKS))

    def key_of(key: str) -> str:
        return key if key.isascii() else json.dumps(key, ensure_ascii=False)

    def value() -> str:
        text = draw(
            st.one_of(
                SCALARS.map(lambda one: json.dumps(one, ensure_ascii=False)),
                st.sampled_from(
                    ['"""\n[no]\nmodel = 1\n"""', "[1, # one\n  2]", "{a = 1, b.c = 2}"]
                ),
                st.sampled_from(["1979-05-27T07:32:00Z", "nan", "0x1F", "'''\n# x'''"]),
            )
        )
        return str(text)

    def comment() -> str:
        return str(draw(COMMENTS))

    lines += [comment(), draw(BLANKS)]
    if draw(st.booleans()):
        lines.append(f'model = "mine"   {comment()}')
    add_pairs(3)
    for table in draw(st.lists(WORDS, max_size=3, unique=True)):
        lines += [comment(), f"{draw(st.sampled_from(['', '  ']))}[t.{key_of(table)}] {comment()}"]
        used = set()
        add_pairs(2)
    if draw(st.booleans()):
        lines += ["[model_providers.other] # mine", 'name = "x"', draw(BLANKS)]
    if draw(st.booleans()):
        lines += [
            "[model_providers.claude-bridge]", 'base_url = "old" # was here', "keep = true"
        ]  # fmt: skip
    if draw(st.booleans()):
        lines += ["[[providers]] # mine", f'name = "{draw(st.sampled_from(["x", "bridge"]))}"']
    text = "\n".join(lines)
    return text if draw(st.booleans()) else text + "\n"


@st.composite
def yaml_texts(draw: st.DrawFn) -> str:
    """A YAML file of block mappings, with comments, block scalars and perhaps our keys."""
    lines = [draw(st.sampled_from(["", "---", "# head", "%YAML 1.2\n---"])), draw(COMMENTS)]
    used = {"models", "openai-api-base"}

    def scalar() -> str:
        plain = st.sampled_from(["word", "'it''s'", "~", "1.5", "2024-01-01", "|\n    a\n    # b"])
        text = draw(st.one_of(plain, SCALARS.map(lambda one: json.dumps(one, ensure_ascii=False))))
        return str(text)

    for key in draw(st.lists(WORDS, max_size=4, unique=True)):
        if key in used or key.lower() in ("y", "n"):
            continue
        used.add(key)
        kind = draw(st.integers(0, 3))
        note = draw(COMMENTS)
        if kind == 0:
            lines.append(f"{key}:  {scalar()}")
        elif kind == 1:
            lines += [f"{key}:   {note}", "   - a   # one", "   -  b: 1", "      c: 2"]
        elif kind == 2:
            lines += [f"{key}: {{a: 1, b: [2, 3]}}  {note}"]
        else:
            lines += [f"{key}: {note}", f"    inner: {scalar()}", "    # end"]
        lines += [draw(COMMENTS), draw(BLANKS)]
    if draw(st.booleans()):
        lines.append(draw(st.sampled_from(["openai-api-base: x # mine", "openai-api-base:  'y'"])))
    models = st.sampled_from(
        [
            [],
            ["models: []  # none"],
            ["models:"],
            ["models:", "- name: mine", "  provider: other # x", "# after"],
            [
                "models:",
                "  -   name: 'Claude Bridge'",
                "      provider: old # mine",
                "      keep: 1",
            ],
        ]
    )
    lines += draw(models)
    lines += [draw(BLANKS), draw(COMMENTS)]
    text = "\n".join(lines)
    return text if draw(st.booleans()) else text + "\n"


@st.composite
def json_texts(draw: st.DrawFn) -> str:
    """A JSON file with comments, trailing commas, tabs, inline objects and perhaps our keys."""
    gap = st.sampled_from(["", " ", "\n", "\n\t", " // note\n  ", "/* a, } */", "\n  // b\n  "])

    def blank() -> str:
        return str(draw(gap))

    def render(value: Any) -> str:
        if isinstance(value, dict):
            pairs = [f"{json.dumps(k)}{blank()}:{blank()}{render(v)}" for k, v in value.items()]
            return wrap("{", pairs, "}")
        if isinstance(value, list):
            return wrap("[", [render(one) for one in value], "]")
        return json.dumps(value, ensure_ascii=draw(st.booleans()))

    def wrap(start: str, members: list[str], end: str) -> str:
        parts = [f"{blank()}{member}{blank()}" for member in members]
        has_comma: bool = draw(st.booleans())
        comma = "," if members and has_comma else ""
        return f"{start}{','.join(parts)}{comma}{blank()}{end}"

    value = draw(st.dictionaries(st.one_of(WORDS, STRINGS), DATA, max_size=4))
    value = {k: v for k, v in value.items() if k not in ("model", "provider", "list")}
    if draw(st.booleans()):
        value["model"] = draw(SCALARS)
    if draw(st.booleans()):
        other = {"x": 1} if draw(st.booleans()) else {"claude-bridge": {"options": {"keep": 1}}}
        value["provider"] = draw(st.sampled_from([{}, other]))
    if draw(st.booleans()):
        value["list"] = draw(st.sampled_from([[], [{"name": "x"}], [{"name": "Claude Bridge"}]]))
    return f"{blank()}{render(value)}{blank()}"


@st.composite
def env_texts(draw: st.DrawFn) -> str:
    """A file of variables, and lines that are none."""
    line: st.SearchStrategy[str] = st.sampled_from(
        ["# note", "", "export A=1", "B='x y' # z", "if true; then", "OPENAI_API_KEY=sk-x # mine"]
    )
    text = "\n".join(draw(st.lists(line, max_size=5)))
    return text + draw(st.sampled_from(["", "\n"]))


KINDS: dict[FormatName, tuple[Callable[[], st.SearchStrategy[str]], tuple[Change, ...]]] = {
    "toml": (toml_texts, TOML_CHANGES),
    "yaml": (yaml_texts, YAML_CHANGES),
    "json": (json_texts, JSON_CHANGES),
    "env": (env_texts, ENV_CHANGES),
}

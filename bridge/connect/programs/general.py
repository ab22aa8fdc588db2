"""Rows for code, shells and projects."""

from __future__ import annotations

from bridge.connect.data import Change
from bridge.connect.programs.row import (
    Bridge,
    Place,
    Row,
    Source,
    Target,
    shell_targets,
)


def _write_variables(bridge: Bridge) -> tuple[Change, ...]:
    return (
        Change(("OPENAI_BASE_URL",), bridge.base_url),
        Change(("OPENAI_API_KEY",), bridge.key),
    )


CODE = (
    Row(
        name="openai-python",
        title="openai-python",
        steps="In code, or with the variables OPENAI_BASE_URL and OPENAI_API_KEY.",
        snippet="from openai import OpenAI\n\n"
        'client = OpenAI(base_url="{base_url}", api_key="{key}")\n'
        "answer = client.chat.completions.create(\n"
        '    model="{model}",\n'
        '    messages=[{{"role": "user", "content": "Hello!"}}],\n'
        ")\n"
        "print(answer.choices[0].message.content)\n",
        language="python",
        note="API key: any word, unless the bridge has an access key.",
        is_program=False,
        source=Source("program", "PyPI openai", "3.57.0"),
    ),
    Row(
        name="curl",
        title="curl",
        steps="In a terminal.",
        snippet='curl {base_url}/chat/completions -H "Content-Type: application/json" \\\n'
        '  -H "Authorization: Bearer {key}" \\\n'
        '  -d \'{{"model": "{model}", '
        '"messages": [{{"role": "user", "content": "Hello!"}}]}}\'\n',
        language="sh",
        is_program=False,
        source=Source("program", "curl", "7.88.1"),
    ),
)

VARIABLES = (
    Row(
        name="shell",
        title="Shell profile",
        steps="In the start-up file of your shell.",
        note="For every program that reads OPENAI_BASE_URL and OPENAI_API_KEY, also those that you "
        "want to reach OpenAI.",
        start="Open a new terminal.",
        targets=shell_targets(_write_variables),
        is_program=False,
        source=Source("program", "bash, zsh and fish"),
    ),
    Row(
        name="project",
        title=".env of a project",
        steps="In the file .env of the current folder.",
        note="Do not commit a file that has an access key in it.",
        targets=(Target(Place(".env"), "env", _write_variables),),
        is_program=False,
        source=Source("program", "PyPI python-dotenv", "1.2.4"),
    ),
)

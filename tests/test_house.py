"""The code holds to CONTRIBUTING.md: format, types, imports, file sizes and plain words."""

from __future__ import annotations

import graphlib
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import anthropic
import grimp
import httpx2
import pytest
import yaml

from bridge.backends.anthropic_api import errors, sdk_errors
from bridge.errors import BridgeError
from bridge.settings import Settings, format_default
from tests import house_words

ROOT = Path(__file__).parent.parent
PACKAGES = ("bridge", "tray", "talon_user")
SOURCES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    ROOT / "talon_user" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "bridge" / "web").glob("*.html")),
    *sorted((ROOT / "bridge" / "web").glob("*.js")),
]
MOST_MODULES = 22
"""Python files in one folder; a larger one has more than one purpose."""


def run(*words: str) -> None:
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_ruff_finds_nothing() -> None:
    run(sys.executable, "-m", "ruff", "check", ".")


def test_the_format_is_ruffs() -> None:
    run(sys.executable, "-m", "ruff", "format", "--check", ".")


def test_mypy_strict_finds_nothing() -> None:
    run(sys.executable, "-m", "mypy")


def test_imports_point_down() -> None:
    run(str(Path(sys.executable).with_name("lint-imports")))


@pytest.mark.parametrize("package", ["bridge", "tray"])
def test_no_module_imports_itself_through_others(package: str) -> None:
    """Imports inside functions and under TYPE_CHECKING count, too."""
    graph = grimp.build_graph(package, cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("top", [*PACKAGES, "tests"])
def test_a_folder_has_one_purpose(top: str) -> None:
    files = (ROOT / top).rglob("*.py")
    sizes = Counter(str(path.parent.relative_to(ROOT)) for path in files)
    assert {folder: n for folder, n in sizes.items() if n > MOST_MODULES} == {}


def test_functions_are_named_by_verbs_not_bare_participles() -> None:
    assert house_words.bare_participles(SOURCES) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_private_name_stands_in_three_modules_at_most(package: str) -> None:
    paths = (ROOT / package).rglob("*.py")
    assert house_words.repeated_private_names(paths, most=3) == {}


def test_the_old_lexicon_is_gone_from_names_and_strings() -> None:
    assert house_words.old_words(SOURCES) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_old_lexicon_is_gone_from_the_pages(path: Path) -> None:
    assert house_words.old_words_on_page(path) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_and_opens_with_a_sentence(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 500
    assert not text or text.startswith('"""')


def test_no_file_has_the_marks_of_a_conflict() -> None:
    listed = subprocess.run(
        ("git", "ls-files", "-z"), cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    texts = {path: path.read_bytes() for path in paths if path.is_file()}
    marks = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)
    assert [str(path) for path, text in texts.items() if marks.search(text)] == []


def test_no_package_index_is_asked_for_a_newer_version() -> None:
    """docs/privacy.md promises it; the distribution's name there is not the bridge's."""
    index = re.compile(r"[\"']pip[\"']|pip index|check_for_updates", re.IGNORECASE)
    assert [path.name for path in SOURCES if index.search(path.read_text("utf-8"))] == []


def test_nothing_installs_the_bridge_by_name_from_an_index() -> None:
    """Whoever registers that name there could give users any program."""
    texts = [*SOURCES, ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"]
    by_name = re.compile(
        r"(?:pipx?|uv|uvx)(?: tool)? (?:install|run) [^\n`&]*?"
        r"(?<=['\" ])claude-(?:openai-)?bridge(?! @)"
    )
    found = [match[0] for path in texts for match in by_name.finditer(path.read_text("utf-8"))]
    assert found == []
    assert by_name.search("run `pip install 'claude-bridge[bedrock]'`")


def test_every_setting_is_in_the_docs_with_its_default() -> None:
    _, _, behind = (ROOT / "docs" / "commands.md").read_text("utf-8").partition("\n## Settings\n")
    section, _, _ = behind.partition("\n## ")
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", section, re.M))
    fields = Settings.model_fields.items()
    assert rows == {name: format_default(field.default) for name, field in fields}


def test_the_readmes_two_commands_are_those_of_ci() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "pip install '.[claude-code]' && claude-bridge" in readme
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    commands = {name: job["steps"][-1]["run"] for name, job in workflow["jobs"].items()}
    assert commands == {
        "linux": ".ci/run",
        "other-systems": "pip install -e '.[test]' && pytest -n 2 --dist loadfile",
    }
    assert "pip install -e '.[test]' && pytest -n 2 --dist loadfile" in readme
    assert "pip install -q -e '.[test]' && pytest -n 2 --dist loadfile" in ci


def public_errors() -> list[type[anthropic.AnthropicError]]:
    exported = [getattr(anthropic, name) for name in anthropic.__all__]
    return [
        kind
        for kind in exported
        if isinstance(kind, type) and issubclass(kind, anthropic.AnthropicError)
    ]


@pytest.mark.parametrize("kind", public_errors(), ids=lambda kind: kind.__name__)
def test_every_public_error_of_the_sdk_is_translated(
    kind: type[anthropic.AnthropicError],
) -> None:
    """Made without its constructor: they differ, and only the type matters here."""
    error = kind.__new__(kind)
    Exception.__init__(error, "words")
    request = httpx2.Request("POST", "http://127.0.0.1/v1/messages")
    response = httpx2.Response(418, request=request)
    error.__dict__.update(
        message="words", request=request, response=response, status_code=418, type=None,
        api_message=None,
    )  # fmt: skip
    with pytest.raises(BridgeError), sdk_errors.translate_errors():
        raise error


def test_every_error_type_of_the_sdk_is_mapped() -> None:
    from typing import get_args

    from anthropic.types.shared.error_type import ErrorType

    assert set(get_args(ErrorType)) <= set(errors.BY_TYPE)


def test_the_wheel_has_the_talon_folder_and_the_page(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    web = {f"bridge/web/{name}" for name in ("index.html", "plot.js", "icon.svg")}
    assert {*web, "tray/app.py", "bridge/py.typed"} <= set(names)
    assert "bridge/data/talon_user/claude.talon" in names
    assert not [name for name in names if name.startswith("tests/")]

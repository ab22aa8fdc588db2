"""The setting `clouds`: what a table may contain, and what its refusals say."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import SettingsError
from bridge.paths import find_paths
from bridge.settings import load_settings

GOOD = """
[clouds.work]
kind = "bedrock"
region = "eu-central-1"
[clouds.work.models]
Claude-Opus-5-5 = "eu.anthropic.claude-opus-5-5-v1:0"

[clouds.azure]
kind = "foundry"
resource = "my-resource"
"""


def write_config(text: str) -> None:
    path: Path = find_paths().config_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_clouds_are_read_from_the_file_in_their_order() -> None:
    write_config(GOOD)
    clouds = load_settings().clouds
    assert list(clouds) == ["work", "azure"]
    assert clouds["work"].models == {"claude-opus-5-5": "eu.anthropic.claude-opus-5-5-v1:0"}
    assert clouds["azure"].resource == "my-resource"


def test_clouds_are_json_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_CLOUDS", '{"eu": {"kind": "vertex", "region": "eu"}}')
    assert load_settings().clouds["eu"].region == "eu"
    monkeypatch.setenv("CLAUDE_BRIDGE_CLOUDS", "")
    assert load_settings().clouds == {}
    monkeypatch.setenv("CLAUDE_BRIDGE_CLOUDS", "eu")
    with pytest.raises(SettingsError, match="must be an object of tables in JSON"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "table", "words"),
    [
        ("work", 'kind = "azure"', "`clouds` in .*config.toml, work, kind"),
        ("work", 'kind = "vertex"', "needs `region`"),
        ("work", 'kind = "foundry"', "needs `resource` or `base_url`"),
        (
            "work",
            'kind = "foundry"\nresource = "a"\nbase_url = "https://a.example"',
            "and not both",
        ),
        ("work", 'kind = "foundry"\nresource = "a"\nprofile = "b"', "`profile` is not for the"),
        ("work", 'kind = "bedrock"\nproject = "a"', "`project` is not for the kind `bedrock`"),
        ("work", 'kind = "bedrock-mantle"\nversion = "a"', "`version` is not for the kind"),
        ("work", 'kind = "bedrock"\napi_key = "secret"', "extra inputs are not permitted"),
        ("work", 'kind = "bedrock"\nregion = "evil.example/"', "region"),
        ("work", 'kind = "foundry"\nresource = "evil.example/"', "resource"),
        ("work", 'kind = "bedrock"\nbase_url = "bedrock.example"', "must begin with https://"),
        ("work", 'kind = "bedrock"\nbase_url = "https://me:pw@a.example"', "must not contain a"),
        ("work", 'kind = "bedrock"\nmodels = {a = ""}', "must not be empty"),
        ('"My cloud"', 'kind = "bedrock"', "`My cloud` must be a name of lower-case letters"),
    ],
)
def test_a_wrong_table_is_refused_by_name(name: str, table: str, words: str) -> None:
    write_config(f"[clouds.{name}]\n{table}\n")
    with pytest.raises(SettingsError, match=words) as caught:
        load_settings()
    assert "secret" not in str(caught.value)
    assert "pw@" not in str(caught.value)

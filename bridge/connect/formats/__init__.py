"""The formats of config files; each loads its library when it is first used."""

from __future__ import annotations

from typing import Literal

from bridge.connect.edit import Format

FormatName = Literal["toml", "yaml", "json", "env", "shell", "fish"]


def find_format(name: FormatName) -> Format:
    """Return the format of this name."""
    # Imported on use: most commands and requests need none of them.
    if name == "toml":
        from bridge.connect.formats.toml import TomlFormat

        return TomlFormat()
    if name == "yaml":
        from bridge.connect.formats.yaml import YamlFormat

        return YamlFormat()
    if name == "json":
        from bridge.connect.formats.json import JsonFormat

        return JsonFormat()
    from bridge.connect.formats.lines import LinesFormat

    return LinesFormat(name)

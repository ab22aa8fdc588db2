"""Renders the diagrams in docs/diagrams as SVG: `python -m tests.docs.diagrams`.

Needs Chromium, and mermaid-cli (`mmdc`) on the PATH. Its npm package would download a browser of
its own; PUPPETEER_SKIP_DOWNLOAD=1 prevents that. Only diagrams with a changed source are rendered.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "diagrams"

# Without HTML labels, the text is SVG's own, which every viewer draws.
LOOK = {
    "theme": "neutral",
    "fontFamily": "DejaVu Sans, Verdana, Arial, sans-serif",
    "htmlLabels": False,
    "flowchart": {"htmlLabels": False},
    "deterministicIds": True,
}


def list_sources() -> list[Path]:
    """List the Mermaid files; each has its SVG beside it."""
    return sorted(FOLDER.glob("*.mmd"))


def build_mark(source: Path) -> str:
    """Return the comment that an SVG made from this source ends with."""
    made_from = json.dumps(LOOK) + source.read_text("utf-8")
    digest = hashlib.sha256(made_from.encode()).hexdigest()
    return f"<!-- made from {source.name}, sha256 {digest} -->\n"


def is_current(source: Path) -> bool:
    """Return whether the SVG was made from the source as it is now."""
    picture = source.with_suffix(".svg")
    return picture.exists() and picture.read_text("utf-8").endswith(build_mark(source))


def render(source: Path, look: Path, browser: Path) -> None:
    """Have mermaid-cli write the SVG, and add the mark."""
    picture = source.with_suffix(".svg")
    files = ["--input", str(source), "--output", str(picture), "--configFile", str(look)]
    subprocess.run(
        ["mmdc", *files, "--puppeteerConfigFile", str(browser), "--svgId", source.stem],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    drawn = _set_size(picture.read_text("utf-8"))
    picture.write_text(f"{drawn.rstrip()}\n{build_mark(source)}", "utf-8")


def _set_size(drawn: str) -> str:
    """Set the size to that of the drawing: it is 100 % otherwise, whatever the page's width."""
    found = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', drawn)
    assert found is not None
    width, height = (math.ceil(float(edge)) for edge in found.groups())
    return drawn.replace('width="100%"', f'width="{width}" height="{height}"', 1)


def find_browser() -> str:
    """Return the path of Chromium. Raises FileNotFoundError."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path is not None:
            return path
    raise FileNotFoundError("Chromium is not installed.")


def main() -> None:
    """Render the diagrams that are not current."""
    with tempfile.TemporaryDirectory() as folder:
        look, browser = Path(folder, "look.json"), Path(folder, "browser.json")
        look.write_text(json.dumps(LOOK))
        # Chromium's sandbox does not start for root, and the pages are our own.
        started = {"executablePath": find_browser(), "args": ["--no-sandbox"]}
        browser.write_text(json.dumps(started))
        for source in list_sources():
            if not is_current(source):
                render(source, look, browser)
                print(f"wrote {source.with_suffix('.svg').name}")


if __name__ == "__main__":
    main()

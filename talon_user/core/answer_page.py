"""Build the HTML page that shows one answer."""

import html

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ max-width: 45em; margin: 2em auto; font: 1.1em/1.5 system-ui; color-scheme: light dark; }}
main {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
</style>
<h1>{title}</h1>
<main>{answer}</main>
</html>
"""


def build_page(title: str, answer: str) -> str:
    """Return a page in which nothing of the answer counts as HTML."""
    return PAGE.format(title=html.escape(title), answer=html.escape(answer))

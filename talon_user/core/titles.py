"""Decide whether a window's title now names another document than before."""

import re

# Words that apps put into titles for the state of the same document.
STATE_WORDS = frozenset(
    {
        "autosave", "autosaved", "changed", "changes", "draft", "edited", "item", "items",
        "message", "messages", "modified", "new", "notification", "notifications", "pc", "saved",
        "saves", "saving", "this", "to", "unread", "unsaved"
    }
)  # fmt: skip
# Characters of our own text that may turn up in a title: apps name a new document after its start.
OWN_CHARACTERS = 500


def is_other_document(before: str, after: str, inserted: str) -> bool:
    """Return whether a title has changed more than by its state or the text that we inserted."""
    old, new = _find_words(before), _find_words(after)
    ours = _find_words(inserted[:OWN_CHARACTERS])
    added = new - old - STATE_WORDS
    if any(not any(word.startswith(part) for word in ours) for part in added):
        return True
    return bool(old - new - STATE_WORDS) and not added


def _find_words(text: str) -> set[str]:
    """Return the words of a text without digits: those are counters and times."""
    return set(re.findall(r"[^\W\d_]+", text.lower()))

"""Texts that are hard to type."""

from __future__ import annotations

import random

CHOSEN = (
    "hello <world> & \"quotes\" 'single' `back` | pipe \\ slash",
    "if (a[0] != b{1}) { c ^= ~d; } // 100% #hash @home $5",
    "héllo wörld — “naïve” façade €5 ½ ¿qué? ñ Ñ ß ẞ",
    "Zażółć gęślą jaźń; Příliš žluťoučký kůň",
    "Съешь ещё этих мягких французских булок",
    "Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία",
    "日本語テキスト、漢字とかな。中文字符",
    "한국어 텍스트 조합",
    "שלום עולם مرحبا بالعالم",
    "😀 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 ❤️",
    "one\ttwo\tthree\nline two\n\n\tindented\n",
    "e\u0301 n\u0303 combining a\u030a",
    "^^ ~~ `` ´´ ¨¨ dead keys",
    "AaBbCc AÄaä ÉéÈè ЖжЪъ",
    "aaaaaaaaaa bbbbbbb 1111111 ééééééé 界界界界",
    "∑∫√≠≤≥ → ⇒ ∀∃ ℝ 𝕏 𝒜",
    "",
    " ",
    "\n",
    "é",
)
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789",
    "<>|\"'`~!@#$%^&*()-_=+[]{};:,./?\\ \t\n",
    "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœŒ€£§°",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "一二三四五六七八九十百千万日月火水木金土山川田",
    "😀😎🚀🐍🎉🔥💡🧪",
)


def seeded(count: int, seed: int) -> list[str]:
    """Return short mixtures of characters, the same for each seed."""
    dice = random.Random(seed)  # noqa: S311  # not for secrets
    texts = []
    for _ in range(count):
        alphabets = dice.sample(_ALPHABETS, dice.randint(1, 3))
        length = dice.randint(3, 40)
        texts.append("".join(dice.choice(dice.choice(alphabets)) for _ in range(length)))
    return texts


LONG = "".join(chr(0x4E00 + 37 * number % 1500) for number in range(294))
"""More different characters than a keyboard has keys."""

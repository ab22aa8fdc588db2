"""Characters that look like one of ASCII, after Unicode's compatibility and case folding.

From Unicode's confusables.txt (https://www.unicode.org/reports/tr39/, Unicode licence), reduced
to single characters of other scripts; `1`, `i` and `|` count as `l`, and `0` as `o`.
"""

from __future__ import annotations

from collections.abc import Mapping

LOOKALIKES: Mapping[str, str] = {
    "a": "ɑαаᎪᗅ⍺\ua4ee\U000102a0\U00016f40",
    "b": "ƅβвьᏏᏴᑲᖯᗷ\ua4d0\ua7b5\U00010282\U000102a1\U00010301",
    "c": ("σсᏟᴄⲥ\ua4da\U000102a2\U00010302\U0001043d\U0001051c\U000118e9\U000118f2\U0001f74c"),
    "d": "ԁᎠᏧᑯᗞᗪ\ua4d2\ua4d3",
    "e": "εеҽᎬ℮⋿ⴹ\ua4f0\uab32\U00010286\U000118c6\U000118ce",
    "f": "ϝքᖴẝ\ua4dd\ua799\uab35\U00010287\U000102a5\U00010525\U000118c2\U0001d213",
    "g": "ƍɡԍցᏀᏳᶃ\ua4d6",
    "h": "ηнһհᎻᏂᕼⲏ\ua4e7\U000102cf",
    "j": "ʝϳјᎫᒍ\ua4d9",
    "k": "κкᏦᛕⲕ\ua4d7\U00010518",
    "l": (
        "ıǀɩɪιіӏ۱ᎥᏞᒪᛁ∣⍳⏽│ⲓⳑⵏ\ua4e1\ua4f2\ua647\U0001028a\U00010309\U00010320\U00010443"
        "\U00010526\U000118c3\U000118d2\U00016f16\U00016f28\U0001d22a"
    ),
    "m": "μϻмᎷᗰᛖⲙ\ua4df\U000102b0\U00010311",
    "n": "νոռⲛ\ua4e0\U00010513",
    "o": (
        "οоօ۵०০੦૦ଠ୦௦ం౦ಂ೦ംഠ൦ං๐໐ဝ၀ჿዐᴏᴑⲟⵔ\u3007\ua4f3\uab3d\U00010292\U000102ab\U0001042c"
        "\U000104ea\U00010516\U000114d0\U000118c8\U000118d5\U000118d7\U000118e0"
    ),
    "p": "ρрᏢᑭ⍴ⲣ\ua4d1\U00010295",
    "q": "ԛգզⵕ",
    "r": "ʀгᎡᎱᏒᖇᴦⲅ\ua4e3\uab47\uab48\U000104dc\U00016f35\U0001d216",
    "s": "ƽѕտᏕᏚ\ua4e2\ua731\U00010296\U00010448\U000118c1\U00016f3a",
    "t": "τтᎢ⊤⟙ⲧ\ua4d4\U00010297\U000102b1\U00010315\U000118dc\U00016f0a\U0001f768",
    "u": "ʋυսሀᑌᴜ∪⋃\ua4f4\ua79f\uab4e\uab52\U000104f6\U000118d8\U00016f42",
    "v": "ѵ۷Ꮩᐯᴠ∨⋁ⴸ\ua4e6\ua6df\U0001051d\U00011706\U000118c0\U00016f08\U0001d20d",
    "w": "ɯѡԝաᎳᏔᴡ\ua4ea\U0001170a\U0001170e\U0001170f\U000118e6\U000118ef",
    "x": ("×χхᕁᕽ᙭᙮ᚷ╳⤫⤬⨯ⲭⵝ\ua4eb\uab53\U00010290\U000102b4\U00010317\U00010322\U00010527\U000118ec"),
    "y": "ɣʏγуүყᎩᎽᶌỿⲩ\ua4ec\uab5a\U000102b2\U000118c4\U00016f43",
    "z": "ζᏃᴢ\ua4dc\U000102f5\U000118c9\U000118e5",
    "!": "ǃⵑ",
    "&": "\ua778",
    "'": "ʹʻʼʽʾˈˊˋ˴՚՝ᑊᛌ‘’‛′‵\ua78c\U00016f51\U00016f52",
    "(": "❨❲\u3014\ufd3e",
    ")": "❩❳\u3015\ufd3f",
    "*": "⁎∗\U0001031f",
    "+": "᛭➕\U0001029b",
    ",": "‚\ua4f9",
    "-": "˗‐‒–—⁃−➖ⲻ",
    ".": "۰\ua4f8\ua60e\U0001d16d",
    "/": "᜵⁁⁄∕╱⟋⧸ⳇ\u3033\u30ce\u31d3\u4e3f\U0001d23a",
    "2": "ƨϩᒿ\ua645\ua6ef\ua75b",
    "3": "ȝɜʒзӡⳍ\ua76b\U000118ca\U00016f3b\U0001d206",
    "4": "Ꮞ\U000118cf",
    "5": "\U000118db",
    "6": "бᏮⳓ",
    "7": "\U000104fa\U0001d212",
    "8": "ȣ৪੪ଃ\U0001031a",
    "9": "৭੧୨൭ⳋ\ua76f\U000118cc\U000118d6",
    ":": "ː˸։ःઃ᛬᠃᠉⁚∶\ua4fd\ua789",
    "<": "˂ᐸᚲ‹❮\U0001d236",
    "=": "᐀⹀\u30a0\ua4ff",
    ">": "˃ᐳ›❯\U00016f3f\U0001d237",
    "?": "ɂʔॽᎮ\ua6eb",
    "\\": "∖⟍⧵⧹\u31d4\u4e36\U0001d20f\U0001d23b",
    "^": "˄ˆ",
    "{": "❴\U0001d114",
    "}": "❵",
    "~": "⁓∼",
}
"""For an ASCII character, those that look like it."""

IN_ASCII: Mapping[str, str] = {"l": "1i|", "o": "0", "'": "`"}
"""The same within ASCII."""

"""The fake clipboard: several formats at once, and a serial that every change increases."""


class MimeData:
    """The clipboard's content by format."""

    def __init__(self, formats: dict[str, str] | None = None) -> None:
        self.formats = dict(formats or {})

    @property
    def text(self) -> str | None:
        """The plain text, if there is any."""
        return self.formats.get("text/plain")


class Clipboard:
    """The one clipboard that scripts, apps and the user share."""

    def __init__(self) -> None:
        self.serial = 100
        self.formats: dict[str, str] = {}
        self.writes = 0
        """How often scripts have changed it."""
        self.locked = False
        """Whether another program has it open: then scripts can neither read nor change it."""
        self.silent = False
        """Whether the program that has copied does not respond; on X11, a read then takes 20 s."""
        self.silent_reads = 0
        """How often scripts have waited for such a program."""

    @property
    def text(self) -> str:
        """The plain text, or nothing."""
        return self.formats.get("text/plain", "")

    def put(self, formats: dict[str, str]) -> None:
        """Replace the content."""
        self.formats, self.silent = dict(formats), False
        self.serial += 1

    def add_format(self, text: str, name: str, value: str) -> None:
        """Add a format to a copied text, unless something else was copied since."""
        if self.text == text:
            self.put({**self.formats, name: value})

    def user_copies(self, text: str, **others: str) -> None:
        """Copy as the user, in several formats at once (`html="<b>…"`)."""
        self.put({"text/plain": text, **others})

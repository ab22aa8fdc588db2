"""Reads sentences aloud: by sight-free-talon's voice where it is loaded, else the system's."""

import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Optional, Protocol

from talon import actions, app, registry

SECONDS_PER_WORD = 0.4
"""sight-free-talon does not tell when it has spoken; people are read to at 150 words a minute."""
TALON_VOICES = ("user.tts", "user.robot_tts")
"""What sight-free-talon calls it now, and what it called it before."""
WINDOWS_VOICE = (
    "[Console]::InputEncoding = [Text.Encoding]::UTF8; Add-Type -AssemblyName System.Speech; "
    "(New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak([Console]::In.ReadToEnd())"
)
PROGRAMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "mac": (("say", "-f", "-"),),
    "windows": (("powershell", "-NoProfile", "-NonInteractive", "-Command", WINDOWS_VOICE),),
    "linux": (
        ("spd-say", "--wait", "--pipe-mode"),
        ("espeak-ng", "--stdin"),
        ("espeak", "--stdin"),
    ),
}


class Voice(Protocol):
    """What can say one sentence at a time."""

    @property
    def speaking(self) -> bool:
        """Tell whether the last sentence is still being said."""
        ...

    def say(self, sentence: str) -> None:
        """Begin to say a sentence."""
        ...

    def stop(self) -> None:
        """Be silent at once."""
        ...


def find_voice() -> Optional[Voice]:
    """Return the voice there is, if any."""
    for action in TALON_VOICES:
        if action in registry.actions:
            return TalonVoice(action)
    for command in PROGRAMS.get(app.platform, ()):
        program = shutil.which(command[0])
        if program:
            return ProgramVoice((program, *command[1:]))
    return None


class TalonVoice:
    """sight-free-talon's."""

    def __init__(self, action: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Speak by this action of sight-free-talon's; say nothing yet."""
        self._action, self._clock = action, clock
        self._until = clock()

    @property
    def speaking(self) -> bool:
        """Tell whether the last sentence is likely to be still going on."""
        return self._clock() < self._until

    def say(self, sentence: str) -> None:
        """Begin to say a sentence."""
        self._until = self._clock() + SECONDS_PER_WORD * (1 + len(sentence.split()))
        if self._action == "user.tts":
            actions.user.tts(sentence, False)  # it would else cut off what is being said
        else:
            actions.user.robot_tts(sentence)

    def stop(self) -> None:
        """Be silent."""
        if self.speaking and "user.cancel_current_speaker" in registry.actions:
            actions.user.cancel_current_speaker()
        self._until = self._clock()


class ProgramVoice:
    """A program that reads a sentence from its standard input and ends when it has said it."""

    def __init__(self, command: tuple[str, ...]) -> None:
        """Say nothing yet."""
        self._command = command
        self._running: Optional[subprocess.Popen[bytes]] = None

    @property
    def speaking(self) -> bool:
        """Tell whether the program still runs."""
        return self._running is not None and self._running.poll() is None

    def say(self, sentence: str) -> None:
        """Start the program; the sentence is short enough for its pipe, so nothing waits."""
        self._running = subprocess.Popen(  # noqa: S603 - no shell, and the text is no argument
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        pipe = self._running.stdin
        try:
            if pipe is not None:
                pipe.write(sentence.encode() + b"\n")
                pipe.close()
        except BrokenPipeError:
            self.stop()  # a voice that ended by itself: the next sentence tries again

    def stop(self) -> None:
        """End the program."""
        if self._running is not None and self._running.poll() is None:
            self._running.kill()
            self._running.wait()
        self._running = None

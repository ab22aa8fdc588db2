"""Read sentences aloud, with sight-free-talon if it is loaded, or else a system voice."""

import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Optional, Protocol

from talon import actions, app, registry

# sight-free-talon does not report when it has finished, so the time is estimated from a usual
# speaking rate of 150 words per minute.
SECONDS_PER_WORD = 0.4
# The speech action of sight-free-talon, and its name in earlier versions.
TALON_VOICES = ("user.tts", "user.robot_tts")
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
    """A voice that speaks one sentence at a time."""

    @property
    def is_speaking(self) -> bool:
        """Whether the last sentence is still being spoken."""
        ...

    def say(self, sentence: str) -> None:
        """Start to speak a sentence, without waiting."""
        ...

    def stop(self) -> None:
        """Stop speaking at once."""
        ...


def find_voice() -> Optional[Voice]:
    """Return the first available voice, or None."""
    for action in TALON_VOICES:
        if action in registry.actions:
            return TalonVoice(action)
    for command in PROGRAMS.get(app.platform, ()):
        program = shutil.which(command[0])
        if program:
            return ProgramVoice((program, *command[1:]))
    return None


class TalonVoice:
    """The voice of sight-free-talon."""

    def __init__(self, action: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Speak with this action of sight-free-talon."""
        self._action, self._clock = action, clock
        self._until = clock()

    @property
    def is_speaking(self) -> bool:
        """Whether the last sentence is probably still being spoken."""
        return self._clock() < self._until

    def say(self, sentence: str) -> None:
        """Start to speak a sentence, without waiting."""
        self._until = self._clock() + SECONDS_PER_WORD * (1 + len(sentence.split()))
        if self._action == "user.tts":
            # False: do not interrupt the sentence being spoken.
            actions.user.tts(sentence, False)
        else:
            actions.user.robot_tts(sentence)

    def stop(self) -> None:
        """Stop speaking, if this version can."""
        if self.is_speaking and "user.cancel_current_speaker" in registry.actions:
            actions.user.cancel_current_speaker()
        self._until = self._clock()


class ProgramVoice:
    """A program that speaks the sentence on its standard input and then exits."""

    def __init__(self, command: tuple[str, ...]) -> None:
        """Speak with this command."""
        self._command = command
        self._running: Optional[subprocess.Popen[bytes]] = None

    @property
    def is_speaking(self) -> bool:
        """Whether the program is still running."""
        return self._running is not None and self._running.poll() is None

    def say(self, sentence: str) -> None:
        """Start the program.

        Never waits: a sentence is short enough for the pipe's buffer.
        """
        self._running = subprocess.Popen(  # noqa: S603 - no shell; the text is not an argument
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
            # The program exited early, for example without an audio device. The next sentence
            # starts it again.
            self.stop()

    def stop(self) -> None:
        """Stop the program."""
        if self._running is not None and self._running.poll() is None:
            self._running.kill()
            self._running.wait()
        self._running = None

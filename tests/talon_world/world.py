"""A fake computer with Talon: load a package, speak, let time pass, look at the apps."""

import asyncio
import contextlib
import importlib
import sys
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from tests.talon_world import community as packages
from tests.talon_world import cross_check, fake_talon, phrases
from tests.talon_world import gui as gui_parts
from tests.talon_world.apps import App
from tests.talon_world.clipboard import Clipboard
from tests.talon_world.cursorless import Cursorless
from tests.talon_world.declarations import Declarations, check_arguments, check_list
from tests.talon_world.guard import guard_script
from tests.talon_world.script_thread import ScriptThread
from tests.talon_world.talon_files import Command, TalonFile, read_talon_file, read_talon_list

# The link's name in Talon's user folder. It is not a valid Python name, so that only relative
# imports work.
PACKAGE = "claude-bridge"
RELOAD_SLOT = "claude_bridge_handover"
REAL_PAUSE = 0.002
HANG_SECONDS = 60.0
"""Real time after which something will not happen any more; a busy machine may pause for long."""
TICK = 0.05
TALON_SETTINGS = {"key_wait": 1.0}
"""Talon's own: `key_wait` is how many milliseconds it waits after each key."""


class TalonWorld:
    """Scripts see it as the `talon` package; tests see what the user sees and does."""

    def __init__(
        self,
        *,
        community: bool = False,
        cursorless: bool = False,
        gui: Collection[str] = (),
        has_tap: bool = True,
        watchdog: float = 0.2,
    ) -> None:
        self.script = ScriptThread(watchdog)
        self.clipboard = Clipboard()
        self.declarations = Declarations()
        self.overrides: list[tuple[str, Any, Callable[..., Any]]] = []
        self.windows: list[App] = []
        self.focused: App | None = None
        self.notifications: list[str] = []
        self.sounds = 0
        """How often the notification sound was played."""
        self.gaze: set[str] = set()
        """The kinds of mouse control by eye tracking that are on."""
        self.tags: set[str] = set()
        self.modes = {"command"}
        self.ready = False
        self.last_dictated = ""
        self.cursorless = Cursorless(self)
        self.prefers_text = False
        """Whether free text takes words that a list could take, too; Talon does not document it."""
        self.broken: set[str] = set()
        """Actions that raise for now."""
        self.screens = [
            gui_parts.Screen(gui_parts.SCREEN),
            gui_parts.Screen(gui_parts.SECOND_SCREEN),
        ]
        self.canvases: list[Any] = []
        self.canvases_created = 0
        self.canvas_topics = {"draw", "mouse", "key", "scroll"}
        self.imgui_windows: list[Any] = []
        self.captured: list[Any] = []
        self.builtins = packages.builtin_actions(self)
        self.community_settings: dict[str, Any] = {}
        self._user_settings: dict[str, Any] = {}
        self._context_settings: dict[str, Any] = {}
        self._user_lists: dict[str, dict[str, str]] = {}
        self._package_lists: set[str] = set()
        self._listeners: list[tuple[str, Callable[..., Any]]] = []
        self._next: list[tuple[list[Callable[..., Any]], str]] = []
        self._files: list[TalonFile] = []
        self._users_files: list[TalonFile] = []
        self._folder: Path | None = None
        self._cleanup = contextlib.ExitStack()
        self._community = community
        if community:
            packages.add_community(self)
        if cursorless:
            self.cursorless.add()
        self._install(frozenset({*gui, *(["tap"] if has_tap else [])}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End this Talon: its scripts first, then the fakes."""
        self.script.run(self._end_package)
        self._cleanup.close()

    # The user's side of the screen.

    def open(self, app: type[App] = App, title: str = "") -> App:
        """Open a window of `app` and focus it."""
        window = app(self, title)
        self.windows.append(window)
        self.focus(window)
        return window

    def focus(self, window: App | None) -> None:
        """Give `window` the focus, and notify scripts."""
        self.focused = window
        if window is not None:
            self._emit("win_focus", window)

    def say(self, utterance: str) -> None:
        """Speak an utterance: emit pre:phrase, run its commands, emit post:phrase.

        If it is not a command, it is ignored in sleep mode and typed in dictation mode.
        """
        words = utterance.split()
        self._emit("pre:phrase", {"phrase": words})
        try:
            if words:
                self._hear(words)
        finally:
            self._emit("post:phrase", {"phrase": words})

    def press_key(self, name: str) -> None:
        """Press a key that a Talon file may have bound."""
        for file in self._active_files():
            if name in file.keys:
                self.script.run(phrases.run_body, self, phrases.SpokenCommand(file.keys[name], {}))

    def click(self) -> None:
        """Click somewhere in the focused window."""
        self._emit("tap.click", None)

    def hiss(self, active: bool = True) -> None:
        """Start a hiss, or with False end it."""
        self._emit("noise.hiss", active)

    def scroll(self, degrees: float) -> None:
        """Turn the mouse wheel over each canvas; a positive turn is away from the user."""
        for canvas in list(self.canvases):
            if canvas.shown and canvas.blocks_mouse and "scroll" in canvas.callbacks:
                self.script.run(canvas.callbacks["scroll"], gui_parts.ScrollEvent(degrees))

    def pop(self) -> None:
        """Make a pop."""
        self._emit("noise.pop", True)

    @property
    def speech_enabled(self) -> bool:
        """Whether Talon is awake."""
        return "sleep" not in self.modes

    @speech_enabled.setter
    def speech_enabled(self, awake: bool) -> None:
        self.modes = {"command"} if awake else {"sleep"}

    @property
    def seen(self) -> list[str]:
        """The lines of text that scripts show on the screen now."""
        drawn = [line for one in self.canvases if one.shown for line in one.shown.lines]
        frames = [one.frame() for one in self.imgui_windows if one.showing]
        return drawn + [line for frame in frames for line in frame]

    def set_setting(self, name: str, value: Any) -> None:
        """Set a setting in the user's own settings file."""
        self._user_settings[name] = value

    def forget_setting(self, name: str) -> None:
        """Remove a setting from the user's own settings file."""
        del self._user_settings[name]

    def add_list(self, name: str, header: str = "", /, **items: str) -> None:
        """Add a `.talon-list` of the user's own; underscores stand for spaces.

        Of two lists of one name, Talon takes the one with more lines in its header. Which of two
        with as many lines it takes is not defined.
        """
        if name in self._package_lists and not header:
            self.script.flag(f"{name} has two lists without a header; either may win")
        self._user_lists[name] = {
            spoken.replace("_", " "): value for spoken, value in items.items()
        }
        if self.ready:
            self.set_list(name, self._user_lists[name])

    def add_commands(self, text: str) -> None:
        """Add a `.talon` file of the user's own."""
        self._users_files.append(read_talon_file(Path("users.talon"), text))

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.script.advance(seconds)

    def run_until(self, happened: Callable[[], Any], timeout_real: float = HANG_SECONDS) -> None:
        """Let virtual time pass, with short real waits for sockets, until `happened()` is true."""
        for _ in self._ticks(happened, timeout_real):
            time.sleep(REAL_PAUSE)

    async def run_until_async(
        self, happened: Callable[[], Any], timeout_real: float = HANG_SECONDS
    ) -> None:
        """Do the same while an event loop, such as the bridge's, keeps running."""
        for _ in self._ticks(happened, timeout_real):
            await asyncio.sleep(REAL_PAUSE)

    # The package under test.

    def load_package(self, folder: Path | str) -> None:
        """Load a folder as Talon does: each Python file, the lists, the Talon files, then ready."""
        self._folder = Path(folder)
        package = ModuleType(PACKAGE)
        package.__path__ = [str(self._folder)]
        sys.modules[PACKAGE] = package
        with self.script.relax_watchdog():
            for path in sorted(self._folder.rglob("*.py")):
                name = ".".join(path.relative_to(self._folder).with_suffix("").parts)
                self.script.run(importlib.import_module, f"{PACKAGE}.{name}")
        for path in sorted(self._folder.rglob("*.talon-list")):
            spoken = read_talon_list(path)
            self._package_lists.add(spoken.name)
            self.set_list(spoken.name, spoken.items)
        for name, items in self._user_lists.items():
            self.set_list(name, items)
        self._files = [read_talon_file(path) for path in sorted(self._folder.rglob("*.talon"))]
        self.ready = True
        self._emit("ready")

    def reload(self) -> None:
        """Load the package again, after removing its cron jobs and callbacks."""
        assert self._folder is not None, "load_package comes first"
        self._unload()
        self.load_package(self._folder)

    def problems(self) -> list[str]:
        """Return what is wrong with the package's Talon files."""
        assert self._folder is not None, "load_package comes first"
        return cross_check.problems_in(self, self._folder)

    @property
    def cron_jobs(self) -> list[Any]:
        """The active cron jobs."""
        return self.script.jobs

    # What scripts reach through the fake package.

    def register(self, topic: str, callback: Callable[..., Any]) -> None:
        """Call `callback` for each event named `topic`."""
        self._listeners.append((topic, callback))

    def unregister(self, topic: str, callback: Callable[..., Any]) -> None:
        """Undo `register`."""
        self._listeners.remove((topic, callback))

    def setting(self, name: str, default: Any) -> Any:
        """Return a setting: the user's own, the active files', or the declared default."""
        others = {**TALON_SETTINGS, **self.community_settings}
        if name in others:
            return self._user_settings.get(name, others[name])
        if not self.ready:
            self.script.flag(f"settings.get({name!r}) before ready: settings are not there yet")
        if name not in self.declarations.settings:
            if default is not None:
                return default
            self.script.flag(f"no mod.setting declares {name}")
        if name in self._user_settings:
            return self._user_settings[name]
        if name in self._context_settings:
            return self._context_settings[name]
        for file in self._active_files():
            if name in file.settings:
                return file.settings[name]
        return self.declarations.settings[name][1] if default is None else default

    @property
    def files(self) -> list[TalonFile]:
        """The package's Talon files."""
        return list(self._files)

    def commands(self) -> list[Command]:
        """Return the commands that are active now."""
        return [command for file in self._active_files() for command in file.commands]

    def find_action(self, name: str) -> Callable[..., Any] | None:
        """Return the function that implements an action in this context, or None."""
        chain = self._implementations(name)
        return chain[0] if chain else None

    def call_action(self, name: str, args: tuple[Any, ...]) -> Any:
        """Call an action; the name `next` calls the overridden implementation."""
        self.script.require(f"actions.{name}")
        chain, name = self._next[-1] if name == "next" else (self._implementations(name), name)
        if not chain:
            raise KeyError(f"no action {name}")
        if name in self.broken:
            raise RuntimeError(f"{name} failed")
        check_arguments(name, chain[0], args)
        self._next.append((chain[1:], name))
        try:
            return chain[0](*args)
        finally:
            self._next.pop()

    def _implementations(self, name: str) -> list[Callable[..., Any]]:
        facts = self._facts()
        overrides = [
            function
            for path, context, function in reversed(self.overrides)
            if path == name and _header(context.matches).active(facts, self.tags, self.modes)
        ]
        declared = self.declarations.actions.get(name) or self.builtins.get(name)
        return [*overrides, declared] if declared else overrides

    def _active_files(self) -> list[TalonFile]:
        facts = self._facts()
        files = [*self._users_files, *self._files]
        active = [file for file in files if file.active(facts, self.tags, self.modes)]
        return sorted(active, key=lambda file: -len(file.header))

    def _facts(self) -> dict[str, str]:
        window = self.focused
        if window is None:
            return {"os": "linux"}
        return {
            "os": "linux",
            "app.name": window.name,
            "app.exe": window.exe,
            "app.bundle": window.bundle,
            "win.title": window.title,
        }

    def _hear(self, words: list[str]) -> None:
        try:
            chain = phrases.recognize(self, words)
        except phrases.NotRecognised:
            if "command" in self.modes:
                raise
            if "dictation" in self.modes:
                self.last_dictated = " ".join(words)
                self.builtins["insert"](self.last_dictated)
            return
        self.script.run(self._run_chain, chain)

    def set_list(self, name: str, items: dict[str, str]) -> None:
        """Handle `ctx.lists[name] = items`; the list must be declared."""
        if name not in self.declarations.lists:
            self.script.flag(f"no mod.list declares {name}")
        check_list(name, items)
        self.declarations.lists[name] = dict(items)

    def set_context_setting(self, name: str, value: Any) -> None:
        """Handle `ctx.settings[name] = value`; the user's own settings take precedence."""
        if not isinstance(value, self.declarations.settings.get(name, (str,))[0]):
            self.script.flag(f"ctx.settings[{name!r}] = {value!r} is of another type")
        self._context_settings[name] = value

    def _run_chain(self, chain: list[phrases.SpokenCommand]) -> None:
        with self.script.run_command():
            for heard in chain:
                phrases.run_body(self, heard)

    def _emit(self, topic: str, *args: Any) -> None:
        for listened, callback in list(self._listeners):
            if listened == topic:
                self.script.run(callback, *args)

    def _ticks(self, happened: Callable[[], Any], timeout_real: float) -> Iterator[None]:
        deadline = time.perf_counter() + timeout_real
        while not happened():
            if time.perf_counter() > deadline:
                texts = [window.text for window in self.windows]
                raise AssertionError(f"never happened; {texts=} {self.notifications=}")
            self.advance(TICK)
            yield

    def _install(self, gui: frozenset[str]) -> None:
        modules = fake_talon.build(self, gui)
        before = {name: sys.modules.get(name) for name in [*modules, RELOAD_SLOT]}
        sys.modules.pop(RELOAD_SLOT, None)
        sys.modules.update(modules)
        self._cleanup.callback(_restore_modules, before)
        self._cleanup.callback(self._unload)
        self._cleanup.enter_context(guard_script(self.script))

    def _unload(self) -> None:
        for job in self.script.jobs:
            job.cancelled = True
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]
        self._listeners.clear()
        self.overrides.clear()
        self._files = []
        self.ready = False
        for known in (self.declarations.actions, self.declarations.captures):
            for name in [name for name in known if name.startswith("user.claude_")]:
                del known[name]
        self.declarations.lists.clear()
        self.declarations.settings.clear()
        self._context_settings.clear()
        self.canvases.clear()
        self.imgui_windows.clear()
        self.declarations.tags.clear()
        self.declarations.modes.clear()

    def _end_package(self) -> None:
        end = getattr(sys.modules.get(RELOAD_SLOT), "end", None)
        if end is not None:
            end()


def _header(matches: str) -> TalonFile:
    lines = [line.partition(":") for line in matches.splitlines() if ":" in line]
    return TalonFile(Path("context"), [(key.strip(), value.strip()) for key, _, value in lines])


def _restore_modules(before: dict[str, ModuleType | None]) -> None:
    for name, module in before.items():
        if module is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = module

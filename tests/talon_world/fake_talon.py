"""Builds the fake `talon` package of a world."""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.talon_world import gui
from tests.talon_world.apps import Rect
from tests.talon_world.clipboard import MimeData
from tests.talon_world.declarations import check_arguments
from tests.talon_world.script_thread import seconds_in

if TYPE_CHECKING:
    from tests.talon_world.world import TalonWorld


ELEMENT_SECONDS = 0.003
CLIP_SECONDS = 0.001
SILENT_SECONDS = 20.0
"""What an app takes to describe its focused element to another process."""


class UIErr(Exception):
    """Raised by `talon.ui` when no window is active."""


def build(world: "TalonWorld", gui_parts: frozenset[str]) -> dict[str, ModuleType]:
    """Return the modules to put into `sys.modules`."""
    parts = {
        **gui.build(world, gui_parts),
        "cron": _cron(world),
        "clip": _clip(world),
        "ui": _ui(world),
        "app": _app(world),
    }
    talon = ModuleType("talon")
    talon.__dict__.update(
        parts,
        Module=_module_class(world),
        Context=_context_class(world),
        actions=Namespace(world, ""),
        settings=Settings(world),
        scope=Scope(world),
        registry=Registry(world),
        speech_system=SpeechSystem(world),
    )
    return {"talon": talon, **{f"talon.{name}": part for name, part in parts.items()}}


def _require_thread(world: "TalonWorld", name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def call_checked(*args: Any, **kwargs: Any) -> Any:
        world.script.require(name)
        return call(*args, **kwargs)

    return call_checked


def _part(world: "TalonWorld", name: str, **functions: Callable[..., Any]) -> ModuleType:
    module = ModuleType(f"talon.{name}")
    for function, call in functions.items():
        setattr(module, function, _require_thread(world, f"{name}.{function}", call))
    return module


def _cron(world: "TalonWorld") -> ModuleType:
    def after(spec: str, callback: Callable[[], Any]) -> Any:
        return world.script.schedule(seconds_in(spec), callback, repeat=False)

    def interval(spec: str, callback: Callable[[], Any], backoff: bool = False) -> Any:
        return world.script.schedule(seconds_in(spec), callback, repeat=True)

    def cancel(job: Any) -> None:
        if job is not None:
            job.cancelled = True

    return _part(world, "cron", after=after, interval=interval, cancel=cancel)


def _open_clipboard(world: "TalonWorld") -> None:
    world.script.charge(CLIP_SECONDS)
    if world.clipboard.locked:
        raise RuntimeError("the clipboard is locked by another program")


def _read_clipboard(world: "TalonWorld") -> dict[str, str]:
    _open_clipboard(world)
    if world.clipboard.silent:
        world.clipboard.silent_reads += 1
        world.script.sleep(SILENT_SECONDS)
        raise TimeoutError("the program with the clipboard does not respond")
    return world.clipboard.formats


def _clip(world: "TalonWorld") -> ModuleType:
    board = world.clipboard

    def read_formats() -> dict[str, str]:
        return _read_clipboard(world)

    def put_formats(formats: dict[str, str]) -> None:
        _open_clipboard(world)
        board.writes += 1
        board.put(formats)

    def set_text(text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"clip.set_text: {text!r} is not a str")
        text.encode()  # fails for a lone surrogate, as in every real clipboard
        put_formats({"text/plain": text})

    def read_image() -> gui.Image:
        if "image/png" not in read_formats():
            raise ValueError("no image on the clipboard")
        return gui.Image(world, Rect(0, 0, 640, 480))

    @contextlib.contextmanager
    def revert() -> Iterator[None]:
        before = board.formats
        try:
            yield
        finally:
            board.put(before)

    part = _part(
        world,
        "clip",
        text=lambda: read_formats().get("text/plain", ""),
        set_text=set_text,
        image=read_image,
        mime=lambda: MimeData(board.formats) if read_formats() else None,
        set_mime=lambda mime: put_formats(mime.formats),
        serial=lambda: board.serial,
        revert=revert,
    )
    part.__dict__["MimeData"] = MimeData
    return part


def _ui(world: "TalonWorld") -> ModuleType:
    def get_focused() -> Any:
        if world.focused is None:
            raise UIErr("no active window")
        return world.focused

    def get_focused_element() -> Any:
        world.script.charge(ELEMENT_SECONDS)
        if world.focused is None or world.focused.element is None:
            raise RuntimeError("no focused element")
        return world.focused.element

    part = _part(
        world,
        "ui",
        focused_element=get_focused_element,
        active_window=get_focused,
        active_app=get_focused,
        main_screen=lambda: world.screens[0],
        screens=lambda: list(world.screens),
        register=world.register,
        unregister=world.unregister,
    )
    part.__dict__["UIErr"] = UIErr
    return part


def _app(world: "TalonWorld") -> ModuleType:
    def notify(title: str = "", subtitle: str = "", body: str = "", sound: bool = False) -> None:
        world.notifications.append(body or title)
        world.sounds += sound

    part = _part(world, "app", notify=notify, register=world.register, unregister=world.unregister)
    part.__dict__.update(platform="linux", version="1.0.0")
    return part


class Namespace:
    """`actions`: attributes down to a name that is declared, then a call."""

    def __init__(self, world: "TalonWorld", name: str) -> None:
        self._world, self._name = world, name

    def __getattr__(self, part: str) -> "Namespace":
        return Namespace(self._world, f"{self._name}.{part}".lstrip("."))

    def __call__(self, *args: Any) -> Any:
        return self._world.call_action(self._name, args)


class Settings:
    """`settings`, which cannot be read before Talon is ready."""

    def __init__(self, world: "TalonWorld") -> None:
        self._world = world

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting's value in the context that is active now."""
        self._world.script.require("settings.get")
        return self._world.setting(name, default)


class Scope:
    """`scope`: the facts that contexts match."""

    def __init__(self, world: "TalonWorld") -> None:
        self._world = world

    def get(self, key: str, default: Any = None) -> Any:
        """Return one part of the scope."""
        parts = {"tag": self._world.tags, "mode": self._world.modes}
        return set(parts[key]) if key in parts else default


class Registry:
    """`registry`: the loaded contexts, lists and actions."""

    def __init__(self, world: "TalonWorld") -> None:
        self._world = world

    @property
    def contexts(self) -> dict[str, Any]:
        """The loaded Talon files by dotted path, each with its commands."""
        return {f"user.{file.path.name}": _describe_file(file) for file in self._world.files}

    @property
    def lists(self) -> dict[str, list[dict[str, str]]]:
        """The active lists, each with one layer."""
        return {name: [items] for name, items in self._world.declarations.lists.items()}

    @property
    def actions(self) -> dict[str, Any]:
        """The declared actions."""
        return {**self._world.builtins, **self._world.declarations.actions}


def _describe_file(file: Any) -> SimpleNamespace:
    commands = {
        command.rule.text: SimpleNamespace(rule=SimpleNamespace(rule=command.rule.text))
        for command in file.commands
    }
    return SimpleNamespace(path=str(file.path), commands=commands)


class SpeechSystem:
    """`speech_system`: events before and after each phrase."""

    def __init__(self, world: "TalonWorld") -> None:
        self._world = world

    def register(self, topic: str, callback: Callable[[Any], Any]) -> None:
        """Call `callback` at pre:phrase or post:phrase."""
        self._world.register(topic, callback)

    def unregister(self, topic: str, callback: Callable[[Any], Any]) -> None:
        """Undo `register`."""
        self._world.unregister(topic, callback)


def _module_class(world: "TalonWorld") -> type:
    names = world.declarations

    class Module:
        """Declares names."""

        def action_class(self, cls: type) -> type:
            for name, function in inspect.getmembers(cls, inspect.isfunction):
                names.add_action(name, function)
            return cls

        def capture(self, rule: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
            def declare(function: Callable[..., Any]) -> Callable[..., Any]:
                names.add_capture(function.__name__, rule, function)
                return function

            return declare

        def list(self, name: str, desc: str = "") -> None:
            names.add_list(name, desc)

        def tag(self, name: str, desc: str = "") -> None:
            names.add_tag(name, desc)

        def mode(self, name: str, desc: str = "") -> None:
            names.add_mode(name, desc)

        def setting(self, name: str, type: type, default: Any = None, desc: str = "") -> None:
            names.add_setting(name, type, default, desc)

    return Module


class Assigned(dict[str, Any]):
    """`ctx.lists` and `ctx.settings`, whose values take effect when set."""

    def __init__(self, script: Any, give: Callable[[str, Any], None]) -> None:
        self._script, self._give = script, give

    def __setitem__(self, name: str, value: Any) -> None:
        """Set a list or a setting, on the script thread only."""
        self._script.require(f"ctx[{name!r}] =")
        self._give(name, value)
        super().__setitem__(name, value)


def _context_class(world: "TalonWorld") -> type:
    class Context:
        """Defines actions, lists and settings for where its header matches."""

        def __init__(self) -> None:
            self.matches = ""
            self.lists = Assigned(world.script, world.set_list)
            self.settings = Assigned(world.script, world.set_context_setting)

        def action_class(self, path: str) -> Callable[[type], type]:
            def override(cls: type) -> type:
                for name, function in inspect.getmembers(cls, inspect.isfunction):
                    world.overrides.append((f"{path}.{name}", self, function))
                return cls

            return override

        def capture(self, name: str, rule: str) -> Callable[[Callable[..., Any]], Any]:
            def override(function: Callable[..., Any]) -> Callable[..., Any]:
                known = world.declarations.captures
                if name not in known:
                    world.script.flag(f"no capture {name} to override")
                known[name] = type(known[name])(rule, function)
                return function

            return override

    return Context


__all__ = ["UIErr", "build", "check_arguments"]

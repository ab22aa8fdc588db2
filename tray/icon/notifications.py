"""Show notifications in a freedesktop session, with buttons if its server has them.

https://specifications.freedesktop.org/notification-spec/
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from html import escape

from dbus_fast import Message, MessageType, Variant

from tray.commands import Command
from tray.notifications import Notice

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"

_TITLE = "Claude OpenAI Bridge"
_CRITICAL = 2
_log = logging.getLogger(__name__)

Call = Callable[[str, str, str, str, list[object]], Awaitable[Message]]
"""Bus name, path, member, signature, body."""


class Notifications:
    """The notifications on screen; all methods are called on the event loop's thread."""

    def __init__(self, call: Call, on_command: Callable[[Command], None]) -> None:
        self._call = call
        self._on_command = on_command
        # A notification server that has just been started takes seconds to show the first one.
        # Without the lock, a `withdraw` in the meantime would find nothing to remove.
        self._lock = asyncio.Lock()
        self._ids: dict[str, int] = {}
        self._choices: dict[int, tuple[tuple[str, Command], ...]] = {}

    async def show(self, notice: Notice) -> None:
        """Show a notification; it replaces one of the same topic."""
        async with self._lock:
            await self._show(notice)

    async def withdraw(self, topic: str) -> None:
        """Remove the notification on this topic, if it is still there."""
        async with self._lock:
            id = self._ids.pop(topic, None)
            if id is not None:
                self._choices.pop(id, None)
                await self._call(NAME, PATH, "CloseNotification", "u", [id])

    async def _show(self, notice: Notice) -> None:
        capabilities = await self._list_capabilities()
        buttons = bool(notice.choices) and "actions" in capabilities
        actions: list[str] = []
        if buttons:
            # D-Bus expects a flat list of key and label; the key comes back with a click.
            for number, (label, _) in enumerate(notice.choices):
                actions += [str(number), label]
        # Where the text is markup, `<!-- -->` in it would hide what is between.
        text = escape(notice.text, quote=False) if "body-markup" in capabilities else notice.text
        hints = {"urgency": Variant("y", _CRITICAL)} if notice.urgent else {}
        replaced = self._ids.get(notice.topic, 0)
        body: list[object] = [_TITLE, replaced, "", _TITLE, text, actions, hints, -1]
        reply = await self._call(NAME, PATH, "Notify", "susssasa{sv}i", body)
        if reply.message_type is not MessageType.METHOD_RETURN:
            _log.info("A notification could not be shown (%s): %s", reply.error_name, notice.text)
        else:
            self._ids[notice.topic] = reply.body[0]
            if buttons:
                self._choices[reply.body[0]] = notice.choices
        if not buttons and notice.fallback is not None:
            self._on_command(notice.fallback)

    def handle_message(self, message: Message) -> None:
        """Handle a message of the bus; only the notification server's signals matter."""
        if message.interface != NAME or message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "ActionInvoked":
            id, action = message.body
            choices = self._choices.pop(id, ())
            if action.isdecimal() and int(action) < len(choices):
                self._on_command(choices[int(action)][1])
        elif message.member == "NotificationClosed":
            self._choices.pop(message.body[0], None)
            self._ids = {t: id for t, id in self._ids.items() if id != message.body[0]}

    async def _list_capabilities(self) -> list[str]:
        reply = await self._call(NAME, PATH, "GetCapabilities", "", [])
        return reply.body[0] if reply.message_type is MessageType.METHOD_RETURN else []

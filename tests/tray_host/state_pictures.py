"""Takes a picture of the tray's menu in each state: `python -m tests.tray_host.state_pictures DIR`.

The icon is the real one, in a real Xfce panel; only the status is made up. It needs the programs
that `tests.tray_host.picture` needs.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from bridge.wire.computer_status import ComputerHealth
from tests.tray.statuses import BATCH, ON_PLAN, REFUSED, RUNNING, view
from tests.tray_host.picture import create_desktop, find_icon, run
from tray.icon.status_notifier import StatusNotifierIcon
from tray.status import Status

AREA = "640x620+640+0"
ACTIVE = replace(RUNNING, computer=ComputerHealth(mode="allowed", active=True))
WAITING = replace(
    RUNNING,
    computer=ComputerHealth(mode="ask", waiting=1),
    batches=(BATCH,),
    approval_seconds=54,
)
LONG = replace(BATCH, id="b2", digest="d2", what=["Press Enter."] * 9, risks=[])
PROGRAM = replace(BATCH, id="b3", digest="d3", what=["Let curl use it."], risks=[], about="program")
STATES = {
    "ready": RUNNING,
    "active-requests": replace(RUNNING, open_streams=2),
    "stopped": Status("stopped", start_at_login=False),
    "starting": Status("starting"),
    "paused": replace(RUNNING, paused=True),
    "not-connected": replace(
        RUNNING, ready=False, backend=None, message="Sign in with: claude-bridge login"
    ),
    "not-responding": Status("failing", message="The server isn't responding."),
    "port-taken": Status("stopped", message="Port 8000 is taken by nginx.", free_port=8001),
    "finishing": Status("stopping", open_streams=2, quitting=True),
    "plan-used-up": replace(ON_PLAN, plans=(REFUSED,)),
    "controlling": ACTIVE,
    "approval": WAITING,
    "approval-too-long": replace(WAITING, batches=(LONG,)),
    "approvals": replace(
        WAITING, computer=ComputerHealth(mode="ask", waiting=2), batches=(BATCH, PROGRAM)
    ),
}


def main(folder: Path) -> None:
    """Show each state, open the menu and take the picture."""
    with create_desktop() as environment:
        os.environ.update(environment)
        icon, shown = StatusNotifierIcon(lambda _: None), threading.Event()
        thread = threading.Thread(target=icon.run, args=(view(RUNNING), shown.set))
        thread.start()
        shown.wait(30)
        time.sleep(5)  # for the panel to draw the icon
        place = find_icon(environment)
        for name, status in STATES.items():
            icon.show(view(status))
            time.sleep(1)
            run(environment, "xdotool", "mousemove", *place, "click", "1")
            time.sleep(1.5)
            picture = folder / f"tray-{name}.png"
            run(environment, "import", "-window", "root", "-crop", AREA, "+repage", str(picture))
            run(environment, "xdotool", "key", "Escape")
            time.sleep(0.5)
        icon.stop()
        thread.join(10)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

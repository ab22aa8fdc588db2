"""The tray's side of the server: start it, poll it and control it."""

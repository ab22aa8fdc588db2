"""The tray icon: one protocol, and an implementation for each kind of desktop."""

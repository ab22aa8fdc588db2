"""Request and response types of `/inspect/…`."""

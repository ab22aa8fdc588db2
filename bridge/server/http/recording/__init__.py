"""Wraps a request for the recorder of `/inspect`; nothing here runs while it is off."""

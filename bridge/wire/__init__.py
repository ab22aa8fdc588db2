"""What goes over the wire, as types; nothing here decides anything."""

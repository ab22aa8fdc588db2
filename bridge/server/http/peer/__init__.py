"""Find the program at the other end of a connection on this computer."""

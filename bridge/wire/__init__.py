"""Types and encodings of what goes over the wire; imports nothing of ours."""

"""Types and encodings of requests and responses; imports no other package of the bridge."""

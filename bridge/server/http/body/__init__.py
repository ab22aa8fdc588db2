"""Takes the JSON of a body apart: long data in it, and the fields that are wrong."""

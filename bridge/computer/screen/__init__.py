"""Screenshots: capture, scaling, annotation, coordinates."""

"""Actions on what programs tell of their windows, without pointer and keyboard."""

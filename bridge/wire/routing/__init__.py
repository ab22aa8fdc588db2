"""The user's rules for requests, and the types of `/control/rules`."""

"""How the server speaks HTTP: access checks, errors, event streams, the endpoint table's types."""

"""The `claude-bridge` command: one module per subcommand."""

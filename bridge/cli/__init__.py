"""The `claude-bridge` command: one module per group of subcommands."""

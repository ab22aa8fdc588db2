"""`claude-bridge mcp`: this desktop for MCP clients."""

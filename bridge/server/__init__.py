"""The HTTP server: the endpoints, the use cases behind them, and how HTTP is spoken."""

"""The HTTP server: endpoints, the use cases behind them, and the handling of HTTP."""

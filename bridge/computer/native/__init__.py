"""The desktop this process runs on: its hands and its windows, one module for each platform."""

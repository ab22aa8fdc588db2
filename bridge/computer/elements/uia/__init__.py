"""The elements of Windows programs, from UI Automation."""

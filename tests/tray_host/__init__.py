"""A fake desktop panel: shows StatusNotifier items and clicks their menus, over a real D-Bus."""

"""Screens, input and windows on Wayland, of compositors with wlroots' protocols."""

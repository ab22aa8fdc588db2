"""The desktops that let programs see and act through portals only: GNOME, KDE and others."""

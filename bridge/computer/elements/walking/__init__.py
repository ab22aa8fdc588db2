"""Elements of platforms whose trees are walked by calls: Windows and macOS."""

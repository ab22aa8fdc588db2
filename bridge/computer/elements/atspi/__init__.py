"""Elements on Linux, from AT-SPI: the D-Bus interface that screen readers use."""

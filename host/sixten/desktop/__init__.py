"""The window. It draws and asks, and decides nothing."""

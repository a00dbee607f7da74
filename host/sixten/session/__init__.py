"""The 30-60 s window: what is warned, counted and ended, decided by pure functions."""

"""What happened, kept: write, read, replay."""

"""What is heard: cues (what should sound), tones, mixer (exact to the sample), voice (the phrases), device (the computer's speaker)."""

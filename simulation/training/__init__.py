"""Training: networks that learn, by the same core."""

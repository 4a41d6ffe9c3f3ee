"""The pages door."""

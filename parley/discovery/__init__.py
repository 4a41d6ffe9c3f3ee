"""Finding accounts."""

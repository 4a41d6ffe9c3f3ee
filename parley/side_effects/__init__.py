"""What follows each act, in order, in one place."""

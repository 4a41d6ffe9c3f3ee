"""What each member reads, in order."""

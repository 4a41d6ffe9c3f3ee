"""What is said: statuses and what hangs on them."""

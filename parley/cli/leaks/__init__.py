"""What `parley audit leaks` tries: each check one function, all of them in checks.py."""

"""The small world of `parley demo`: who lives in it (`texts/`), what they do and when, and how it is done for real."""

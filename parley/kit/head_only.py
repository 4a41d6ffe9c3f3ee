"""The mark that a request's scope bears when only the head of the answer is wanted."""

HEAD_KEY = "parley.head"

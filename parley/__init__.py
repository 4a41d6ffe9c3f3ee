"""Parley: a social network that one command starts."""

"""Parley: a social network that one command starts."""

__version__ = "0.1.0"

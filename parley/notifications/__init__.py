"""Telling a member what happened."""

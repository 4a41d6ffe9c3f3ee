"""Ids in, complete views out, for one viewer, in a fixed number of queries."""

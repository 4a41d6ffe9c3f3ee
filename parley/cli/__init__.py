"""The operator's door: sub-commands of parley."""

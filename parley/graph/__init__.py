"""Who to whom: follow, block, mute, lists, notes."""

"""The Mastodon API door."""

"""What the site says of privacy until staff write a text of their own: true of any server that runs this."""

from parley.moderation.prose import to_html

DEFAULT_PRIVACY_POLICY = to_html(
    """
# What is kept

- Your e-mail address, to sign you in and to send you what you ask for. Other members never see it.
- Your password, only in a form from which it can't be read.
- For some days, the network addresses from which you signed in, against abuse. Administrators see them.
- What you post, whom you follow, block and mute, what you like and bookmark, until you delete it.

# Who sees what

What you post publicly can be read by anyone. Posts for followers, and for the people you mention, are kept from everybody else. Whoever runs this server could read what isn't encrypted.

If somebody reports a post, staff can read that post, whoever else may.

# What you can do

You can edit and delete what you post; what you delete is gone from this server at once.
"""
)

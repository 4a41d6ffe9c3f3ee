"""Direct statuses as conversations: each member's list of them, what is unread, what waits for consent."""

"""REST: Mailsac's routes over the actions."""

"""The real bot under load: a Bot API server in one process, the bot in another, thousands of subscribers between."""

"""Who is told: answers, the conversation, Telegram, and the subscribers."""

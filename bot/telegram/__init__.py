"""The bot on Telegram: updates in, messages out, at the pace that Telegram permits."""

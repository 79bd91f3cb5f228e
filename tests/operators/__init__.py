"""The operators' part of the bot."""

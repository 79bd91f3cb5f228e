"""Migrations of the database, run by `bot.database.migrate`."""

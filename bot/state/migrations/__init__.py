"""Migrations of the database, run by `bot.state.database.migrate`."""

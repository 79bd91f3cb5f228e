"""What Alembic runs to migrate: over the connection that `bot.state.database` hands it, in its transaction."""

from alembic import context

from bot.state.schema import metadata


def run() -> None:
    """Run the migrations that are asked for; the caller's transaction holds all of them together."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,  # SQLite alters a table by building it anew
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic loads this file: a plain import does nothing
    run()

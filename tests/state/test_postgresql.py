"""The server that the tests run on."""

from sqlalchemy import URL, create_engine


def test_the_server_is_a_real_one(server: URL) -> None:
    """It is PostgreSQL, and listens on no network."""
    engine = create_engine(server)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version()").scalar_one().startswith("PostgreSQL 18")
        assert connection.exec_driver_sql("SHOW listen_addresses").scalar_one() == ""
    engine.dispose()

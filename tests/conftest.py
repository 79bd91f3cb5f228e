"""What many tests share: the real model, loaded once, and the shipped corpus, indexed once.

Sockets are switched off for all tests (see pyproject.toml); those of the end-to-end tests are switched on by mark.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.answers.opening import Answering, open_answering
from bot.settings import Settings
from bot.state.keys import write_key
from index.encoder import Encoder, load_encoder
from tests.state.postgresql import running_server
from tests.vaults import KEY


@pytest.fixture(scope="session", autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A key where the bot looks for one, of the tests alone: nobody's own is read or made."""
    folder = tmp_path_factory.mktemp("config")
    place = folder / "annuncio" / "key"
    write_key(place, [KEY])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        yield place


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """One PostgreSQL server for all tests, ended with them."""
    with running_server() as address:
        yield address


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The packaged model, as users have it."""
    return load_encoder()


@pytest.fixture(scope="session")
def built_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the index and the sample questions of the shipped corpus. Do not write to it: copy it."""
    folder = tmp_path_factory.mktemp("built") / "data"
    open_answering(Settings(data_dir=folder)).samples()
    return folder


@pytest.fixture
def data_dir(built_data_dir: Path, tmp_path: Path) -> Path:
    """A data directory of the test's own, its index built already."""
    return Path(shutil.copytree(built_data_dir, tmp_path / "data"))


@pytest.fixture(scope="session")
def answering(built_data_dir: Path) -> Answering:
    """Answering over the shipped corpus with the real model; read-only."""
    return open_answering(Settings(data_dir=built_data_dir))


@pytest.fixture(scope="session")
def shared_file() -> Callable[[str], Path | None]:
    """Finds material that lies beside a checkout, such as the source article; None where it is absent."""

    def find(name: str) -> Path | None:
        path = Path(__file__).parents[2] / "shared" / name
        return path if path.exists() else None

    return find

"""The key file: made once, for its owner alone, apart from the data, and missed when it is gone."""

import asyncio
from pathlib import Path

import pytest

from bot.errors import StateError
from bot.settings import Settings
from bot.state.keys import add_key, key_place, open_vault, read_keys, write_key
from bot.state.migrating import migrate
from tests.vaults import KEY, VAULT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A key file and a data directory, neither there yet."""
    return Settings(data_dir=tmp_path / "data", key_file=tmp_path / "config" / "key")


def test_the_first_run_makes_the_key(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """It is made for its owner alone, with a note that says where and to keep a copy; the next run finds it."""
    vault = open_vault(settings)
    said = capsys.readouterr()
    place = key_place(settings)
    assert said.out == ""
    assert str(place) in said.err
    assert "Keep a copy of it" in said.err
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["key"]
    assert open_vault(settings).fingerprint == vault.fingerprint
    assert capsys.readouterr().err == ""


def test_the_setting_goes_before_the_file(settings: Settings) -> None:
    """With the key itself in the settings no file is read or made."""
    named = Settings(data_dir=settings.data_dir, key=KEY, key_file=settings.key_file)
    assert open_vault(named).fingerprint == VAULT.fingerprint
    assert not key_place(settings).exists()


def test_a_database_without_its_key(settings: Settings) -> None:
    """Where there are people and no key, nothing starts and no key is made: the line says where it is missed."""
    asyncio.run(migrate(settings.database, open_vault(settings)))
    place = key_place(settings)
    place.unlink()
    with pytest.raises(StateError, match="The key of the database is not at") as caught:
        open_vault(settings)
    assert str(place) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not place.exists()


def test_a_key_beside_its_data(tmp_path: Path) -> None:
    """A key file in the data directory is refused: whoever copies the one would have the other."""
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    with pytest.raises(StateError, match="lies in the data directory"):
        open_vault(Settings(data_dir=tmp_path / "data", key_file=tmp_path / "link" / "key"))


@pytest.mark.parametrize("content", [b"", b"not a key\n", b"\xff\xfe", KEY.encode()[:-2]])
def test_a_file_that_holds_no_key(settings: Settings, content: bytes) -> None:
    """A key file that was emptied or damaged is said in one line, which shows nothing of it."""
    place = key_place(settings)
    place.parent.mkdir()
    place.write_bytes(content)
    with pytest.raises(StateError, match="put your copy of it in its place") as caught:
        open_vault(settings)
    assert str(place) in str(caught.value)
    assert KEY[:10] not in str(caught.value)
    assert place.read_bytes() == content


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """Where no key can be made, the line says so and names the setting."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StateError, match=r"cannot be written .* ANNUNCIO_KEY_FILE"):
        write_key(tmp_path / "file" / "key", [KEY])


def test_of_two_first_runs_one_makes_the_key(settings: Settings) -> None:
    """A key that another process made meanwhile is not written over."""
    place = key_place(settings)
    assert write_key(place, [KEY]) is True
    assert write_key(place, ["another"]) is False
    assert read_keys(place) == (KEY,)


def test_a_new_key_goes_before_the_old(settings: Settings) -> None:
    """Rotation puts a new line first and keeps the old ones, in a file that is still its owner's alone."""
    place = key_place(settings)
    write_key(place, [KEY])
    vault = add_key(place)
    assert read_keys(place)[1:] == (KEY,)
    assert vault.older == {VAULT.fingerprint}
    assert place.stat().st_mode & 0o777 == 0o600

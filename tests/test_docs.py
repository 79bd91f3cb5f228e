"""What the documents say is what the code does."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from bot.answers.opening import Answering
from bot.chat.composing import compose, plain
from bot.chat.conversation import COMMANDS
from bot.cli import main
from bot.settings import FIELDS, LANGUAGES
from bot.texts import phrasebook

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under one heading of the README."""
    return README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_readme_shows_what_the_bot_says(answering: Answering) -> None:
    """The conversation at the head of the README is what the bot says, word for word."""
    shown = README.split("\n```\n> ", 1)[1].split("\n```\n", 1)[0]
    exchanges = [exchange.partition("\n") for exchange in shown.split("\n> ")]
    assert len(exchanges) == 3
    for question, _, said in exchanges:
        assert plain(compose(answering.answerer.answer(question)).html) == said.rstrip()


def test_readme_names_the_interpreter_that_has_the_packages() -> None:
    """No line of the README calls a python that knows nothing of what `make` installed."""
    assert re.findall(r"(?:^|`)python -", README, flags=re.MULTILINE) == []


def test_readme_lists_every_setting_and_no_other() -> None:
    """The README's table has a row for every setting, and none for what is no setting."""
    rows = [line for line in section("Settings").splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}
    assert named == set(FIELDS)


def test_readme_lists_every_dependency() -> None:
    """Each run-time dependency of pyproject.toml has its row, with a licence and a reason."""
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[\[>=<]", dependency)[0].lower() for dependency in dependencies}
    rows = [line for line in section("Dependencies").splitlines() if line.startswith("| [")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    named = {name.lower() for row in cells for name in re.findall(r"\[([\w-]+)\]\(", row[0])}
    assert named == names
    assert all(len(row) == 3 and row[1] and row[2] for row in cells)


def test_readme_lists_every_command_of_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    """The commands in the README's table are those that `annuncio --help` names."""
    with pytest.raises(SystemExit):
        main(["--help"])
    helped = set(re.findall(r"^    (\w+) +\S", capsys.readouterr().out, flags=re.MULTILINE))
    named = set(re.findall(r"^\| `annuncio (\w+)", section("Commands"), flags=re.MULTILINE))
    assert named == helped


def test_readme_lists_every_bot_command() -> None:
    """Each command of the bot's menu is named in the README, and described in every language."""
    named = set(re.findall(r"`/(\w+)`", section("Commands")))
    assert named == set(COMMANDS)
    assert all(set(phrasebook(language).commands) == set(COMMANDS) for language in LANGUAGES)


def test_readme_names_only_make_targets_that_exist() -> None:
    """Every `make TARGET` of the README is a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make (\w+)", README, flags=re.MULTILINE))
    assert named <= targets
    assert {"run", "test"} <= named


def test_ci_calls_the_test_command_of_the_readme() -> None:
    """What CI runs is the very command that the README gives for the tests."""
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "make test" in README


def test_linked_files_exist() -> None:
    """Every file of the project that the README links to is there."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_image_keeps_the_key_apart_from_the_data() -> None:
    """In the image, and by compose, the key to what is kept about people lies in another volume than the data."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    [data_dir] = re.findall(r"ANNUNCIO_DATA_DIR=(\S+)", dockerfile)
    [key_file] = re.findall(r"ANNUNCIO_KEY_FILE=(\S+)", dockerfile)
    [volumes] = re.findall(r"^VOLUME (.*)$", dockerfile, flags=re.MULTILINE)
    keys = str(Path(key_file).parent)
    assert json.loads(volumes) == [data_dir, keys]
    assert not Path(keys).is_relative_to(data_dir)
    service = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["annuncio"]
    assert {data_dir, keys} == {volume.partition(":")[2] for volume in service["volumes"]}
    assert service["environment"]["ANNUNCIO_KEY_FILE"] == key_file
    assert f":{keys}" in section("Going live on Telegram in five steps")

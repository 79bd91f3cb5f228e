"""The index on disk through damage, crashes and crowds: it is the old one or the new one, never half."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import faiss
import pytest

from corpus.model import Article
from index import builder
from index.builder import add_new, open_index
from index.errors import IndexDamagedError, IndexMismatchError
from index.manifest import FILE, file_sha256
from tests.encoders import WordEncoder
from tests.test_builder import NEW, OLD, nearest, words


def is_old(folder: Path) -> bool:
    """Whether the index is the old one, whole; else it must be the new one, whole."""
    try:
        assert nearest(folder, OLD, "red") == ("A red car.", 1.0)
    except IndexMismatchError:
        assert nearest(folder, NEW, "blue")[1] == 1.0
        return False
    return True


def files_in(folder: Path) -> list[str]:
    """What lies in an index's folder, apart from the lock."""
    return sorted(path.name for path in folder.iterdir() if path.name != builder.LOCK)


def assert_clean(folder: Path) -> None:
    """Nothing lies there but a manifest and one file of vectors."""
    manifest, vectors = files_in(folder)
    assert (manifest, vectors[:8], vectors[-6:]) == (FILE, "vectors-", ".faiss")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The index of the old articles."""
    folder = tmp_path / "index"
    add_new(OLD, words(), folder)
    return folder


def vectors_of(folder: Path) -> Path:
    """The one file of vectors."""
    (path,) = folder.glob("vectors-*.faiss")
    return path


def truncated(data: bytes) -> bytes:
    """Half of it."""
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """One bit in the middle the other way."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def garbage(data: bytes) -> bytes:
    """Nonsense of the same length."""
    return (b"nonsense" * len(data))[: len(data)]


def emptied(data: bytes) -> bytes:
    """Nothing."""
    return data[:0]


DAMAGES = [truncated, flipped, garbage, emptied, None]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_vectors_are_named_and_built_anew(built: Path, damage: Callable[[bytes], bytes] | None) -> None:
    """Vectors that are not what was written are refused by name; the next build mends them, and nothing is new."""
    path = vectors_of(built)
    if damage:
        path.write_bytes(damage(path.read_bytes()))
    else:
        path.unlink()
    with pytest.raises(IndexDamagedError, match="annuncio index --rebuild") as caught:
        open_index(built, OLD, "words")
    assert str(path) in str(caught.value)
    report = add_new(OLD, words(), built)
    assert (report.embedded, report.new_articles) == (10, ())
    assert nearest(built, OLD, "red") == ("A red car.", 1.0)
    assert_clean(built)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_manifest_is_named_and_built_anew(built: Path, damage: Callable[[bytes], bytes] | None) -> None:
    """A manifest that cannot be read, or names what is not there, is refused by name; the next build mends it."""
    path = built / FILE
    if damage:
        path.write_bytes(damage(path.read_bytes()))
    else:
        path.unlink()
    with pytest.raises((IndexDamagedError, IndexMismatchError), match=r"run `annuncio index`|annuncio index --rebuild"):
        open_index(built, OLD, "words")
    add_new(OLD, words(), built)
    assert nearest(built, OLD, "red") == ("A red car.", 1.0)
    assert_clean(built)


def test_no_flipped_bit_of_the_manifest_goes_wrong(built: Path) -> None:
    """Whichever bit of the manifest is flipped, the index is refused by name or is the right one."""
    path = built / FILE
    data = path.read_bytes()
    for position in range(len(data)):
        for bit in (1, 4, 128):
            path.write_bytes(data[:position] + bytes([data[position] ^ bit]) + data[position + 1 :])
            try:
                _, store = open_index(built, OLD, "words")
            except (IndexDamagedError, IndexMismatchError):
                continue
            assert len(store.keys) == 10


class CrashError(Exception):
    """What stands for the end of the process."""


STEPS: dict[str, tuple[object, str, int, bool]] = {
    "vectors are written": (faiss, "write_index", 1, True),
    "vectors are hashed": (builder, "file_sha256", 2, True),
    "vectors are made safe": (os, "fsync", 1, True),
    "vectors are put in place": (Path, "replace", 1, True),
    "the manifest is written": (json, "dump", 1, True),
    "the manifest is made safe": (os, "fsync", 2, True),
    "the manifest is put in place": (Path, "replace", 2, True),
    "the old vectors go": (Path, "unlink", 1, False),
}
"""What a builder does to the disk, in order: the function, which of its calls, and whether the old index is still the
one that counts when that call fails."""


def crashing_at(original: Callable[..., object], turn: int) -> Callable[..., object]:
    """The function, but its call number `turn` does not happen."""
    calls = iter(range(1, 1000))

    def stand_in(*args: object, **kwargs: object) -> object:
        if next(calls) == turn:
            raise CrashError
        return original(*args, **kwargs)

    return stand_in


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_leaves_the_old_or_the_new(built: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Whatever step fails, the index on disk is the old one or the new one, and the next build finishes the work."""
    owner, name, turn, still_old = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, crashing_at(getattr(owner, name), turn))
        with pytest.raises(CrashError):
            add_new(NEW, words(), built)
    assert is_old(built) is still_old
    add_new(NEW, words(), built)
    assert not is_old(built)


def test_a_failing_encoder_leaves_the_old(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When embedding fails, nothing on disk has changed."""
    monkeypatch.setattr(WordEncoder, "encode_passages", crashing_at(WordEncoder.encode_passages, 1))
    with pytest.raises(CrashError):
        add_new(NEW, words(), built)
    assert is_old(built)


ROOT = Path(__file__).parents[1]

KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from index.builder import add_new
from tests.test_builder import NEW, words

old, root = Path(sys.argv[1]), Path(sys.argv[2])
for step in range(1, 100):
    folder = root / f"killed-{step:02}"
    shutil.copytree(old, folder)
    child = os.fork()
    if child == 0:
        seen = 0
        def hook(event, args):
            global seen
            if event in {"open", "os.rename", "os.remove"} and str(args[0]).startswith(str(folder)):
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        add_new(NEW, words(), folder)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        break
    assert status == -signal.SIGKILL, status
"""


def test_a_killed_builder_leaves_the_old_or_the_new(built: Path, tmp_path: Path) -> None:
    """A process killed before any touch of the disk leaves an index that opens, and the next build finishes."""
    root = tmp_path / "killed"
    root.mkdir()
    done = subprocess.run(  # noqa: S603  # our own interpreter and our own text
        [sys.executable, "-c", KILLED, str(built), str(root)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    folders = sorted(root.iterdir())
    states = [is_old(folder) for folder in folders]
    assert len(folders) >= 8
    assert states == sorted(states, reverse=True)  # the old one, until from one step on it is the new one
    assert (states[0], states[-1]) == (True, False)
    for folder in folders:
        add_new(NEW, words(), folder)
        assert not is_old(folder)


def test_what_dead_builders_left_goes(built: Path) -> None:
    """Half-written files of builders that died do no harm, and the next change of the index clears them away."""
    for name in ("vectors.4711.new", "vectors-0123456789abcdef.faiss", f"{FILE}.4711.new"):
        (built / name).write_bytes(b"half")
    assert is_old(built)
    assert not add_new(OLD, words(), built).changed
    add_new(NEW, words(), built)
    assert not is_old(built)
    assert_clean(built)


def test_builders_take_turns(built: Path) -> None:
    """Several builders in one process, with different articles, leave the index of one of them, whole."""
    contents = [OLD, NEW, OLD, NEW]
    start = threading.Barrier(len(contents))
    errors: list[BaseException] = []

    def build(articles: Sequence[Article]) -> None:
        start.wait()
        try:
            for _ in range(5):
                add_new(articles, words(), built)
        except BaseException as error:  # noqa: BLE001  # it is shown in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=build, args=(articles,)) for articles in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    is_old(built)
    assert_clean(built)


BUILDER = """
import sys
from pathlib import Path
from index.builder import add_new
from tests.test_builder import NEW, OLD, words

for turn in range(20):
    add_new([OLD, NEW][(turn + int(sys.argv[2])) % 2], words(), Path(sys.argv[1]))
"""


def test_builders_in_other_processes_take_turns(built: Path) -> None:
    """While two processes build, a reader sees the old index or the new one; at the end one of them is there."""
    builders = [
        subprocess.Popen(  # noqa: S603  # our own interpreter and our own text
            [sys.executable, "-c", BUILDER, str(built), str(turn)], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for turn in (0, 1)
    ]
    try:
        while any(process.poll() is None for process in builders):
            for articles in OLD, NEW:
                try:
                    open_index(built, articles, "words")
                except IndexMismatchError:
                    continue
    finally:
        ends = [(process.communicate()[1], process.returncode) for process in builders]
    assert ends == [("", 0), ("", 0)]
    is_old(built)
    assert_clean(built)


def test_an_index_replaced_while_it_is_opened(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that a builder took away after their manifest was read are no damage: the new manifest counts."""
    built_meanwhile: list[bool] = []

    def late(path: Path) -> str:
        if not built_meanwhile:
            built_meanwhile.append(True)
            add_new(NEW, words(), built)
        return file_sha256(path)

    monkeypatch.setattr(builder, "file_sha256", late)
    with pytest.raises(IndexMismatchError, match="other texts"):
        open_index(built, OLD, "words")
    assert not is_old(built)

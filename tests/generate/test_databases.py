"""Examples that failed are kept, wherever an option says, and tried first next time."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from pay_conformance.findings import Violation
from pay_conformance.generate.accepting import accept_valid
from pay_conformance.generate.databases import VARIABLE, open_database
from pay_conformance.generate.machine import play_stories
from pay_conformance.generate.varying import refuse_at_random
from pay_conformance.problems import ConfigurationProblem
from tests.generate.making import Picky, examples_of, lenient, mutant


@pytest.fixture(autouse=True)
def _folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
               "--dir", str(tmp_path)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert any("eady to accept connections" in line for line in server.stdout)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


def fails(place: str, seed: int) -> Picky:
    """Offer orders to a server that refuses some, and return it; its refusal was found."""
    server = Picky()
    examples = examples_of(server, seed=seed, database=open_database(place))
    with pytest.raises(Violation):
        accept_valid(examples, "createCheckoutSession", 60)
    return server


def is_first(server: Picky) -> bool:
    return Picky.word in server.sent[0].body


def test_example_that_failed_is_tried_first_from_a_folder(tmp_path: Path) -> None:
    assert not is_first(fails("kept", seed=1))
    assert any(path.is_file() for path in (tmp_path / "kept").rglob("*"))
    assert is_first(fails("kept", seed=2))


def test_example_that_failed_is_tried_first_from_redis(redis: str) -> None:
    assert not is_first(fails(redis, seed=1))
    assert is_first(fails(redis, seed=2))


def test_example_that_failed_in_ci_is_tried_first_here(tmp_path: Path) -> None:
    assert not is_first(fails("ci", seed=1))
    downloaded = tmp_path / ".hypothesis" / "github-artifacts" / "shop-api"
    downloaded.mkdir(parents=True)
    now = datetime.now(UTC).isoformat().replace(":", "_")
    with ZipFile(downloaded / f"{now}.zip", "w") as artifact:
        for path in (tmp_path / "ci").rglob("*"):
            artifact.write(path, path.relative_to(tmp_path / "ci"))
    assert is_first(fails("github://shop/api", seed=2))


def test_examples_are_kept_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "shared"))
    fails("", seed=1)
    assert (tmp_path / "shared").is_dir()


def test_no_example_is_kept_where_none_shall_be(tmp_path: Path) -> None:
    assert not is_first(fails("none", seed=1))
    assert not is_first(fails("none", seed=1))
    assert not list(tmp_path.iterdir())


def test_story_that_failed_is_told_first(tmp_path: Path) -> None:
    kept = open_database(str(tmp_path / "kept"))

    def stories_before_it(seed: int) -> int:
        examples = examples_of(
            mutant("charge_never_expires"), seed=seed, database=kept, shrink=False
        )
        with pytest.raises(Violation):
            play_stories(examples, 60, 20)
        return examples.cases

    assert stories_before_it(seed=1) > 0
    assert stories_before_it(seed=2) == 0


def test_varied_body_that_failed_is_sent_first_until_it_is_mended(tmp_path: Path) -> None:
    kept = open_database(str(tmp_path / "kept"))
    wrong = examples_of(lenient("uploadFile"), database=kept)
    with pytest.raises(Violation):
        refuse_at_random(wrong, "uploadFile", 20)
    again = examples_of(lenient("uploadFile"), seed=8, database=kept)
    with pytest.raises(Violation):
        refuse_at_random(again, "uploadFile", 20)
    assert again.cases == 1
    mended = examples_of(database=kept)
    refuse_at_random(mended, "uploadFile", 20)
    assert mended.kept("uploadFile") == []


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("ftp://here", "is no database of examples"),
        ("github://shop", "names no repository"),
        ("github://shop/api/more", "names no repository"),
        ("redis://127.0.0.1:1/0", "can't be used"),
        ("redis://127.0.0.1:no/0", "can't be used"),
    ],
)
def test_place_that_keeps_nothing_is_refused(place: str, message: str) -> None:
    with pytest.raises(ConfigurationProblem, match=message):
        open_database(place)


def test_file_is_no_place_for_examples(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationProblem, match="is a file"):
        open_database("file")

"""Models in files, which all tests of the server share."""

from pathlib import Path

import pytest
from served import NUMBERS, PICTURES, PLACES, TABLE, model_of

pytest.importorskip("starlette", reason="the server's packages are missing")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved(tmp_path_factory, PICTURES)


@pytest.fixture(scope="session")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved(tmp_path_factory, NUMBERS)


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved(tmp_path_factory, PLACES)


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved(tmp_path_factory, TABLE)


def _saved(factory: pytest.TempPathFactory, text: str) -> Path:
    path = factory.mktemp("served") / "model.safetensors"
    model_of(text).save(path)
    return path

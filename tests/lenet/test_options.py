"""The options of a run: the API and the command line take them from one table."""

import inspect
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
import pytest
from test_cli_train import run

import lenet
from lenet.api import load_again
from lenet.cli import program
from lenet.runtime.options import Options, described_options
from lenet.runtime.records.records import read_about

TEXT = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data digits
train
  loss nll
  rate 0.1
  batch 256
  stop after 1 epoch
"""
OWN = {"spark", "data", "folder", "overwrite", "resume"}  # which each face says in its own way


def command() -> click.Command:
    return program().commands["train"]


def test_each_option_is_described_or_the_faces_own() -> None:
    assert {field.name for field in fields(Options)} == described_options().keys() | OWN


def test_the_api_has_all_of_them() -> None:
    parameters = inspect.signature(lenet.train).parameters
    assert inspect.Parameter.VAR_KEYWORD not in {each.kind for each in parameters.values()}
    for name, (field, _) in described_options().items():
        assert parameters[name].default == field.default
        assert f"    {name}: " in (lenet.train.__doc__ or "")
    with pytest.raises(TypeError, match="wrokers"):
        lenet.train(TEXT, engine="local", wrokers=2)


def test_the_command_line_has_all_of_them() -> None:
    options = {each.name: each for each in command().params if isinstance(each, click.Option)}
    for name, (field, described) in described_options().items():
        option = options[name]
        assert option.opts == [f"--{name.replace('_', '-')}"] and option.default is None
        assert option.help and described.help[1:] in option.help
        assert field.default is None or f"[{field.default}]" in option.help
        assert option.metavar == described.metavar


def test_an_option_has_its_name() -> None:
    with pytest.raises(TypeError):
        Options("local")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name, (_, described) in described_options().items()
        for value in ([described.least - 1] if described.least is not None else [])
        + (["tree"] if described.choices else [])
    ],
)
def test_values_that_none_of_them_takes(name: str, value: Any) -> None:
    with pytest.raises(lenet.LenetError, match=name):
        replace(Options(), **{name: value})
    flag = f"--{name.replace('_', '-')}"
    found = run("train", *(() if name == "engine" else ("--engine", "local")), flag, value)
    assert found.exit_code == 2 and (flag in found.stderr or f"no {name} 'tree'" in found.stderr)


def test_a_seed_is_the_same_for_both_and_for_who_goes_on(tmp_path: Path) -> None:
    spec, folder = tmp_path / "net.lenet", tmp_path / "run"
    spec.write_text(TEXT)
    assert run("train", spec, "--engine", "local", "--seed", 7, "-o", folder).exit_code == 0
    digest = lenet.open(folder / "model.safetensors").digest
    assert digest == lenet.train(spec, engine="local", seed=7).digest
    assert digest != lenet.train(spec, engine="local").digest
    assert read_about(folder)["seed"] == 7
    assert load_again(folder)[1].options == {"engine": "local", "seed": 7}
    assert run("train", "--resume", folder, "--epochs", 2).exit_code == 0
    whole = lenet.train(spec, engine="local", seed=7, epochs=2)
    assert lenet.open(folder / "model.safetensors").digest == whole.digest

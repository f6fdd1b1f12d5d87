"""A word of each kind that is not there, made of two files, from one that is: see test_vocabulary.

    python throwaway.py FOLDER

writes them into a folder, puts it into the packages' paths, and does with each word what is done
with words. Run in a process of its own, because it changes the packages.
"""

import importlib
import sys
from pathlib import Path

# By kind: the entry's constant, the folders of its two files, the word that it is made of, and how
# the entry is told from that one.
KINDS = {
    "layer": ("LAYER", "dsl.layers", "compiler.kernels", "relu", ""),
    "optimizer": ("OPTIMIZER", "dsl.optimizers", "compiler.optimizers", "sgd", "usual=False"),
    "loss": ("LOSS", "dsl.losses", "compiler.losses", "nll", "usual_for=()"),
    "metric": ("METRIC", "dsl.metrics", "runtime.metrics", "top1", "usual=0"),
    "rate": ("SCHEDULE", "dsl.rates", "runtime.rates", "cosine", ""),
    "augmentation": ("AUGMENTATION", "dsl.augmentations", "runtime.augmentations", "flip", ""),
    "dataset": ("DATASET", "dsl.datasets", "runtime.datasets", "digits", ""),
    "initial": ("INITIAL", "dsl.initial", "runtime.initial", "normal", ""),
    "sampler": ("SAMPLER", "dsl.samplers", "runtime.samplers", "random", "usual=False"),
    "early": ("EARLY_STOP", "dsl.early", "runtime.early", "halving", "usual=False"),
}
SPEC = """input 1x8x8
conv 4x3x3 init {initial} 0.1 as conv1
{layer} as active
flatten
linear 10 as score
logsoftmax

data {dataset}
  validate 300

augment
  {augmentation} horizontal

train
  loss {loss}
  optimizer {optimizer} momentum 0.9
  rate 0.1 {rate} warmup 1 epoch
  stop after 2 epochs
  validate {metric} every epoch

search
  rate 0.1 to 0.2
  sampler {sampler}
  early {early}
  trials 1
"""
# Where a word of a kind stands, with | for the place that is completed.
PLACES = {
    "layer": "input 8\n|",
    "optimizer": "input 8\ntrain\n  optimizer |",
    "loss": "input 8\ntrain\n  loss |",
    "metric": "input 8\ntrain\n  validate |",
    "rate": "input 8\ntrain\n  rate 0.1 |",
    "augmentation": "input 8\naugment\n  |",
    "dataset": "input 8\ndata |",
    "initial": "input 1x8x8\nconv 4x3x3 init |",
    "sampler": "input 8\nsearch\n  sampler |",
    "early": "input 8\nsearch\n  early |",
}
NEW = {kind: f"throwaway-{kind}" for kind in KINDS}
OLD = {kind: made_of for kind, (_, _, _, made_of, _) in KINDS.items()}


def add_words(folder: Path) -> None:
    """Two files for each; what they mean first, before anybody lists words."""
    texts: dict[str, tuple[str, str]] = {}  # by package: the name of a module, and its text
    for kind, (constant, entry, work, made_of, changes) in KINDS.items():
        module = NEW[kind].replace("-", "_")
        example = f'PLAIN.example.replace("{made_of}", "{NEW[kind]}")'
        told = f'name="{NEW[kind]}", aliases=("elsewhere{kind}",), example={example}, {changes}'
        texts[entry] = (
            module,
            (
                f"from dataclasses import replace\n"
                f"from lenet.{entry}.{made_of} import {constant} as PLAIN\n"
                f"{constant} = replace(PLAIN, {told})\n"
            ),
        )
        texts[work] = module, f"from lenet.{work}.{made_of} import *\n"
    for package in sorted(texts, reverse=True, key=lambda package: package.startswith("dsl")):
        module, text = texts[package]
        place = folder / package
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{module}.py").write_text(text)
        importlib.import_module(f"lenet.{package}").__path__.append(str(place))


def look_at_words(folder: Path) -> None:
    """What the checker, the completion, `lenet explain`, the reference and the lexer make of them,
    and a training."""
    import lenet
    from lenet.dsl.check import check
    from lenet.editor.editing import completions
    from lenet.editor.explain import explain
    from lenet.editor.highlight import LenetLexer
    from lenet.editor.reference import language_reference

    text = SPEC.format(**NEW)
    assert not check(text).diagnostics, check(text).diagnostics
    reference, overview = language_reference(), explain(None)
    for kind, word in NEW.items():
        assert explain(word).startswith(word), explain(word)
        assert f"is called `{word}` here" in explain(f"elsewhere{kind}")
        assert word in reference and word in overview, word
        begun, offered = PLACES[kind].replace("|", ""), PLACES[kind].count("\n") + 1
        column = len(begun.split("\n")[-1]) + 1
        words = [name for name, _, _ in completions(check(begun), begun, offered, column)]
        assert word in words, (word, words)
        for wrong in (f"elsewhere{kind}", f"{word}s"):
            found = check(text.replace(word, wrong)).diagnostics
            assert [d.fix for d in found] and f"`{word}`" in found[0].fix, found
    tokens = dict(map(reversed, LenetLexer().get_tokens(text)))  # type: ignore[arg-type]
    assert str(tokens[NEW["layer"]]) == "Token.Name.Function"
    digests = []
    for words in (NEW, OLD):
        spec = folder / "net.lenet"
        spec.write_text(SPEC.format(**words))
        model = lenet.train(spec, engine="local", progress=False, output=folder / words["loss"])
        assert list(model.history[-1]["validation"]) == [words["metric"]]
        found = lenet.search(spec, engine="local", progress=False)
        digests.append((model.digest, found.trials))
    assert digests[0] == digests[1]


if __name__ == "__main__":
    add_words(Path(sys.argv[1]))
    look_at_words(Path(sys.argv[1]))

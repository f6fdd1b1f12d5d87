"""The lines `teach` and `prune` of the section `train`: how smaller nets are as good."""

from dataclasses import replace

from lenet.dsl.lower.reader import Reader
from lenet.dsl.sections import SectionLine
from lenet.dsl.training.values import Prune, Teach, Train


def _teach(reader: Reader, train: Train) -> Train:
    span = reader.line.span
    path, temperature, share = reader.text(), Teach.temperature, Teach.share
    if reader.accept("temperature"):
        temperature = reader.real("the temperature", 0.1, 1000, closed=True)
    if reader.accept("share"):
        share = reader.real("the share of the teacher", 0.0, 1.0, closed=True)
    return replace(train, teach=Teach(path, temperature, share, span))


def _prune(reader: Reader, train: Train) -> Train:
    span = reader.line.span
    share = reader.real("the share of the weights", 1e-6, 1)
    return replace(train, prune=Prune(share, reader.accept("each"), span))


TEACH = SectionLine(
    name="teach",
    summary="learn from another model, which is larger, as well as from the labels: the loss is "
    "`share` times temperature² times the divergence of this net's softened answers from the "
    "teacher's, plus the rest times the loss of the labels (distillation)",
    example='teach "large.safetensors" temperature 4 share 0.9',
    terms={
        "temperature": "what scores are divided by before their softmax, so that the teacher also "
        "tells which wrong classes are nearly right; 4 if that is not said",
        "share": "how much the teacher's answers count in the loss, from 0 to 1; the labels have "
        "the rest; 0.9 if that is not said",
    },
    aliases=("distill", "distillation", "teacher", "knowledge_distillation"),
    source="Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network",
    read=_teach,
)
PRUNE = SectionLine(
    name="prune",
    summary="before the first step, this share of the weights that `start from` has read, those of "
    "the smallest size, becomes 0, and stays so; of all layers together, or of `each`",
    example="prune 0.5",
    terms={
        "each": "in `prune 0.5 each`: each layer loses this share of its weights; without it, "
        "layers with many small weights lose more",
    },
    aliases=("sparsity", "pruning", "sparse"),
    source="Han, Pool, Tran and Dally 2015, Learning both weights and connections for efficient "
    "neural networks; of all layers together as in Blalock et al. 2020, What is the state of "
    "neural network pruning?",
    read=_prune,
)

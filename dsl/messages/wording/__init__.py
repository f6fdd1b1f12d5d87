"""All wording of diagnostics, one function a mistake, so that they speak with one voice.

A module for each subject; in it, below each code with its title, its story and its example, the
functions that make its diagnostics. They are used as `messages.NAME`, whatever their subject.
"""

from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.phrases import already_reported as already_reported
from lenet.dsl.messages.wording import (
    advice,
    answers,
    bodies,
    columns,
    images,
    inputs,
    metrics,
    net,
    outputs,
    parts,
    reading,
    search,
    sections,
    sequences,
    shapes,
    smaller,
    words,
)
from lenet.dsl.messages.wording.advice import *  # noqa: F403
from lenet.dsl.messages.wording.answers import *  # noqa: F403
from lenet.dsl.messages.wording.bodies import *  # noqa: F403
from lenet.dsl.messages.wording.columns import *  # noqa: F403
from lenet.dsl.messages.wording.images import *  # noqa: F403
from lenet.dsl.messages.wording.inputs import *  # noqa: F403
from lenet.dsl.messages.wording.metrics import *  # noqa: F403
from lenet.dsl.messages.wording.net import *  # noqa: F403
from lenet.dsl.messages.wording.outputs import *  # noqa: F403
from lenet.dsl.messages.wording.parts import *  # noqa: F403
from lenet.dsl.messages.wording.reading import *  # noqa: F403
from lenet.dsl.messages.wording.search import *  # noqa: F403
from lenet.dsl.messages.wording.sections import *  # noqa: F403
from lenet.dsl.messages.wording.sequences import *  # noqa: F403
from lenet.dsl.messages.wording.shapes import *  # noqa: F403
from lenet.dsl.messages.wording.smaller import *  # noqa: F403
from lenet.dsl.messages.wording.words import *  # noqa: F403

_SUBJECTS = (reading, words, net, shapes, parts, outputs, answers, images, inputs, columns,
             sections, sequences, metrics, bodies, search, smaller, advice)  # fmt: skip
CODES = dict(
    sorted(
        (name, code)
        for subject in _SUBJECTS
        for name, code in vars(subject).items()
        if isinstance(code, Code)
    )
)

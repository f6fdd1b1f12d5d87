"""How much each setting of a search mattered: functional ANOVA over a forest of its trials.

F. Hutter, H. Hoos and K. Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter
Importance", ICML 2014, as Optuna has it, with a fixed seed: the same trials give the same numbers.
"""

import math

from lenet.dsl.metrics import metric_called
from lenet.dsl.search.space import Space
from lenet.runtime.samplers import domain_of, values_of
from lenet.runtime.search.optuna import load_optuna
from lenet.runtime.search.record import Found

LEAST = 10  # trials, of which a forest can tell something
_SEED = 1


def importances(found: Found) -> dict[str, float]:
    """The share that each setting has in how the trials differ, the largest first; they add up to
    1. Trials that were stopped early count with their last value. Empty where there are too few
    trials, or nothing differs; a setting that some trials do not have is left out."""
    optuna = load_optuna()
    score = metric_called(found.metric).score
    trials = []
    for record in found.trials:
        value = record.last
        if value is None or record.same is not None or not math.isfinite(value):
            continue
        pairs = list(zip(found.spaces, record.settings, strict=True))
        known = {s.title: v for s, text in pairs if (v := _value(s, text)) is not None}
        if any(text and s.title not in known for s, text in pairs):
            continue  # the file's own value may lie beyond what is searched
        spaces = {s.title: domain_of(s).distribution for s in found.spaces if s.title in known}
        trials.append(
            optuna.trial.create_trial(params=known, distributions=spaces, value=score(value))
        )
    if len(trials) < LEAST or len({trial.value for trial in trials}) == 1:
        return {}
    everywhere = [
        space.title for space in found.spaces
        if all(space.title in t.params for t in trials)
        and len({t.params[space.title] for t in trials}) > 1
    ]  # fmt: skip
    if not everywhere:
        return {}
    study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=_SEED)
    shares = optuna.importance.get_param_importances(study, evaluator=evaluator, params=everywhere)
    return {title: float(share) for title, share in shares.items()}


def _value(space: Space, text: str) -> float | int | None:
    """What Optuna calls a setting; None where it is none of those that are searched."""
    if not text:
        return None
    if space.choices or space.steps:
        texts = [choice.text for choice in values_of(space)]
        return texts.index(text) if text in texts else None
    try:
        number = float(text)
    except ValueError:
        return None
    if not float(space.low) <= number <= float(space.high):
        return None
    return int(number) if space.whole else number

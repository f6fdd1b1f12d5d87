"""calibration: the expected calibration error."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="calibration",
    summary="the expected calibration error: how far the probability of the likeliest class is, on "
    "average, from how often that class is right; of 15 equal ranges of this probability, each by "
    "its images",
    example="validate calibration every epoch",
    formula="sum over the ranges of (images in it / all) * |the part of them that is right - the "
    "mean probability of their likeliest class|",
    source="Naeini et al. 2015, Obtaining well calibrated probabilities using Bayesian binning; "
    "Guo et al. 2017, On calibration of modern neural networks",
    better="lower",
    aliases=("ece", "calibrationerror", "calibration_error", "expectedcalibrationerror",
             "expected_calibration_error", "multiclasscalibrationerror"),
)  # fmt: skip

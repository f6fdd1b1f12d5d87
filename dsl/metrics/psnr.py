"""psnr: the peak signal-to-noise ratio."""

from lenet.dsl.metrics import Metric
from lenet.dsl.vocabulary import Option

PEAK = Option(
    "peak",
    "the largest value that the numbers may have, as in `psnr peak 255`; 1 if absent",
    default=1.0,
    low=1e-30,
    before="peak",
    what="the peak",
)
METRIC = Metric(
    name="psnr",
    summary="of numbers that are images, the peak signal-to-noise ratio in decibels, for values up "
    "to 1, or to the number behind `peak`",
    example="validate psnr every epoch",
    formula="10 * log10(peak^2 / mean of (x - y)^2)",
    share=False,
    answers=("numbers",),
    values=(PEAK,),
    asked=True,
    aliases=("peaksignaltonoiseratio", "peak_signal_noise_ratio"),
    terms={"peak": "the largest value that there may be, as in `psnr peak 255`"},
)

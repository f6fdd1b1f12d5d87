"""Words of other frameworks for what we do not have, and what can be done instead.

What is merely called differently here is an alias, of its layer or section. An entry sleeps when
the language gets what it stands for: whoever has the registries asks them first.
"""

_RELU = "write `relu`, or leave it out"
_NORM = "write `batchnorm`, which normalizes each channel over the whole batch"
_PLAIN_DROPOUT = "write `dropout 0.1`, which drops single values"
_ONE_ROW = "make the input a map of one row, such as 1x1x128, and give the window one row"
_CLASSES = "write `crossentropy`: a net here chooses between classes"
_PREDICTED = "compute it from the classes that `lenet predict --json` prints"
_IN_RATE = "write it in the line `rate`, such as `rate 0.1 cosine`"
_STEPS = "write the rates and where they change, such as `rate 0.1 0.01 at 30 epochs`"
_ADAM = "write `adam`, which also scales each step by a running mean of squared slopes"
_PICTURES = 'write `images "folder"`, with a folder of pictures for each class'
_LIKE_MNIST = 'write `idx "folder"`: its files are in the format of MNIST'
_ROWS = 'write `parquet "table"`, with a column of images and one of labels'
_OPTIMIZER = "write it in the optimizer's line, such as `optimizer sgd momentum 0.9`"
_SIZES = "write the sizes first, without a word: `{example}`"
_LEAVE = "leave it out"
_CPU = "leave it out: nets run on processors"
_STOP = "write `stop when loss stalls for 3 epochs`"
_CLIP = "write `clip norm 1` or `clip value 0.5` in a line of its own"
_CROP = "write `scale 0.9 to 1.1` and `crop 28x28 pad 2`"


def _each(words: str, instead: str = "") -> dict[str, str]:
    return dict.fromkeys(words.split(), instead)


# By what a word was meant for; "" where there is nothing that does the same or nearly so.
ABSENT: dict[str, dict[str, str]] = {
    "layer": {
        **_each("unpool unpooling maxunpool", "write `upsample 2`"),
        **_each("pixelshuffle"),
        **_each("threshold hardshrink softshrink tanhshrink shrink", _RELU),
        **_each("rrelu randomizedleakyrelu", "write `leakyrelu slope 0.23`, its mean"),
        **_each("celu", "write `elu`, which is the same where alpha is 1"),
        **_each("logsigmoid", "write `sigmoid`, or leave it out"),
        **_each("activation nonlinearity", "write the activation itself, such as `relu`"),
        **_each("maxout glu softmin highway"),
        **_each("convlstm timedistributed"),
        **_each("transformer transformerencoder transformerencoderlayer",
                "write a block of `layernorm`, `attention 4` and two `conv 64x1`, as "
                "specs/transformer.lenet has it"),
        **_each("crossattention additiveattention"),
        **_each("rmsnorm", "write `layernorm`, which subtracts the mean as well"),
        **_each("weightnorm spectralnorm", _NORM),
        **_each("conv1d convolution1d temporalconvolution maxpool1d maxpooling1d avgpool1d "
                "averagepooling1d temporalmaxpooling", _ONE_ROW),
        **_each("conv3d convolution3d volumetricconvolution maxpool3d maxpooling3d avgpool3d "
                "averagepooling3d"),
        **_each("groupconv groupedconv", "write `conv 8x3x3 groups 4`"),
        **_each("separableconv depthwiseseparableconv",
                "write `depthwise 3x3`, and `conv 16x1x1` behind it"),
        **_each("dilatedconv atrousconv", "write `conv 8x3x3 dilate 2`"),
        **_each("locallyconnected deformconv involution"),
        **_each("globalaveragepooling globalavgpool globalavgpooling gap adaptiveavgpool "
                "globalpool globalpooling", "write `avgpool all`"),
        **_each("globalmaxpool globalmaxpooling adaptivemaxpool", "write `maxpool all`"),
        **_each("lppool stochasticpool fractionalmaxpool minpool", "write `maxpool` or `avgpool`"),
        **_each("reflectionpad reflectpad replicationpad",
                "write `pad 1`, for zeros"),
        **_each("select", "write `slice 3 to 4`, for one channel"),
        **_each("gather permute transpose"),
        **_each("squeeze unsqueeze expanddims expand", "write `reshape` with the new shape"),
        **_each("gaussiandropout alphadropout", _PLAIN_DROPOUT),
        **_each("dropblock", "write `dropout channels 0.1`, which drops whole channels"),
        **_each("sequential module model", "leave it out: lines follow each other by themselves"),
        **_each("output", "leave it out: the last layer is the output"),
        **_each("subtract minus divide mean average maximum minimum dot matmul",
                "write `add`, `multiply` or `concat`, with a `path` for each way"),
        **_each("squeezeexcite squeezeexcitation squeezeandexcitation seblock",
                "write `multiply`, with a `path` that gives one value a channel, as "
                "specs/blocks/squeeze.lenet has it"),
        **_each("l2norm lambda capsule yolo roipool"),
    },
    "option": {
        **_each("groups group"),
        **_each("dilation dilations dilationrate atrous"),
        **_each("activation nonlinearity act", "write the activation on the next line, as `relu`"),
        **_each("kernel kernelsize ksize filters filter inchannels outchannels infeatures "
                "outfeatures units size window poolsize numoutput outputs p rate ratio keep",
                _SIZES),
        **_each("inputshape inputdim inputsize", "write a line such as `input 1x28x28` instead"),
        **_each("biasinitializer", f"{_LEAVE}: biases begin at 0 behind `init`"),
        **_each("weightdecay decay",
                "write `optimizer sgd weight_decay 0.0005` in the section `train`"),
        **_each("inplace dtype device dataformat channelslast namescope", _LEAVE),
        **_each("axis dim", f"{_LEAVE}: it is always the channels"),
        **_each("name", "write `as NAME` at the end of the line"),
        **_each("nobias", "write `bias no`"),
        **_each("ceilmode ceil roundup", "write `round up`, in the line of a pooling"),
        **_each("countincludepad paddingmode trainable trackrunningstats leaky"),
    },
    "optimizer": {
        **_each("rprop amsgrad adafactor adabound "
                "adabelief novograd lazyadam", _ADAM),
        **_each("sophia shampoo asgd averagedsgd muon yogi lookahead "
                "sgdw newton conjugategradient", "write `sgd momentum 0.9` or `adam`"),
    },
    "option of sgd": {
        **_each("clip clipnorm clipvalue", _CLIP),
        **_each("l1 l2", "write `l1 0.0001` or `l2 0.0001` in a line of its own"),
        **_each("maximize"),
        **_each("beta1 beta2 betas epsilon eps", "write `optimizer adam` for it"),
        **_each("lr learningrate rate", "write it in a line of its own: `rate 0.1`"),
    },
    "option of adam": {
        **_each("clip clipnorm clipvalue", _CLIP),
        **_each("amsgrad maximize"),
        **_each("betas", "write `beta1 0.9 beta2 0.999`"),
        **_each("nesterov", "write `optimizer sgd momentum 0.9 nesterov` for it"),
        **_each("lr learningrate rate", "write it in a line of its own: `rate 0.001`"),
    },
    "loss": {
        **_each("squaredhinge focal focalloss triplet contrastive arcface labelsmoothing",
                _CLASSES),
        **_each("dice diceloss iou jaccardloss",
                "write `loss bce`, an answer for each place, and `validate iou every epoch`"),
        **_each("logcosh", "write `loss huber`, which is alike, for numbers as answers"),
        **_each("logloss", "write `crossentropy` for classes, or `bce` for answers yes or no"),
        **_each("ctc ctcloss wasserstein"),
    },
    "metric": {
        **_each("fbeta specificity prauc map meanaverageprecision kappa cohenkappa mcc "
                "brier", _PREDICTED),
        **_each("error err top1error errorrate", "write `top1`: the error is 1 - top1"),
        **_each("perplexity", "write `loss`: the perplexity is exp(loss)"),
        **_each("crossentropy nll logloss", "write `loss`"),
    },
    "way to change the rate": {
        **_each("plateau reduceonplateau reducelronplateau", _STEPS),
        **_each("step steplr multistep multisteplr piecewise stepwise milestones gamma", _STEPS),
        **_each("exponentiallr exp", "write `exponential 0.97 every epoch`"),
        **_each("poly polylr", "write `polynomial 2`"),
        **_each("cyclic cycliclr triangular cyclical noam rsqrt invsqrt", _STEPS),
        **_each("cos", "write `cosine`"),
        **_each("inv inverse inversetime inversetimedecay", "write `decay 0.0002`"),
        **_each("constant fixed", _LEAVE),
    },
    "dataset": {
        **_each("cifar100 svhn stl10 imagenet ilsvrc tinyimagenet caltech101 caltech256 celeba "
                "flowers oxfordpets food101 places365 omniglot lfw", _PICTURES),
        **_each("emnist kmnist qmnist", _LIKE_MNIST),
        **_each("csv json npz npy hdf5 h5 tfrecord libsvm arrow feather", _ROWS),
        **_each("coco voc usps iris"),
    },
    "line of train": {
        **_each("scheduler lrscheduler schedule lrschedule lrpolicy cosine warmup decay onecycle",
                _IN_RATE),
        **_each("momentum nesterov weightdecay beta1 beta2 epsilon", _OPTIMIZER),
        **_each("sgd adam", "write `optimizer` before it"),
        **_each("earlystopping earlystop patience", _STOP),
        **_each("metric metrics evaluate", "write `validate top1 loss every epoch`"),
        **_each("device gpu gpus cuda tpu accelerator", _CPU),
        **_each("precision amp fp16 bf16 dtype mixedprecision",
                f"{_LEAVE}: all numbers have 32 bits"),
        **_each("workers threads engine master",
                f"{_LEAVE}: it is an option of the command, as in `lenet train --workers 4`"),
        **_each("accumulate accumulategradbatches accumulation",
                "write a larger `batch`, which is summed piece by piece"),
        **_each("shuffle", f"{_LEAVE}: images are shuffled anew in each epoch"),
        **_each("verbose callbacks", _LEAVE),
        **_each("labelsmoothing", "write it behind the loss: `loss crossentropy smooth 0.1`"),
        **_each("ema swa averaging sampler"),
        **_each("data dataset", "write a section `data` at the left margin"),
    },
    "line of augment": {
        **_each("mosaic autoaugment trivialaugment augmix gamma"),
        **_each("sheary", "write `shear 0 degrees vertical 10 degrees`"),
        **_each("colorjitter colourjitter jitter",
                "write `brightness`, `contrast`, `saturation` and `hue`"),
        **_each("affine randomaffine", "write `rotate`, `scale`, `shear` and `shift`"),
        **_each("resizedcrop randomresizedcrop", "write `crop random 0.08 to 1`"),
        **_each("resize centercrop", _CROP),
        **_each("pad padding", "write it behind the crop: `crop 28x28 pad 2`"),
        **_each("horizontal hflip fliplr", "write `flip horizontal`"),
        **_each("vertical vflip flipud verticalflip randomverticalflip", "write `flip vertical`"),
        **_each("normalize", "write it below `data`"),
        **_each("dropout", "write it among the layers: `dropout 0.5`"),
    },
    "line of data": {
        **_each("split valsplit validationsplit test testsize holdout", "write `validate 5000`"),
        **_each("batch batchsize", "write it in the section `train`: `batch 128`"),
        **_each("shuffle", f"{_LEAVE}: images are shuffled anew in each epoch"),
        **_each("mean std deviation standardize scale rescale tofloat totensor",
                "write `normalize`"),
        **_each("rotate shift crop flip", "write it in a section `augment`"),
        **_each("grayscale greyscale classes limit subset cache prefetch workers"),
    },
}  # fmt: skip


def plain(word: str) -> str:
    """A word as it stands in the table: small letters, nothing between them."""
    return "".join(letter for letter in word.lower() if letter not in "_-.")


def absent(what: str, word: str) -> str | None:
    """What can be done instead of a word that we do not have, "" if nothing; None for others."""
    known = ABSENT.get(what, {})
    name = plain(word)
    for form in (name, name.removesuffix("layer"), name.removesuffix("2d")):
        if form in known:
            return known[form]
    return None


def meant_for(word: str) -> dict[str, str]:
    """What can be done instead, by all that the word may be meant for."""
    found = {what: absent(what, word) for what in ABSENT}
    return {what: instead for what, instead in found.items() if instead is not None}

"""Every layer's kernels, in chains of many shapes, against the float64 reference."""

import re
from pathlib import Path

import numpy as np
import pytest

import reference
from lenet.compiler.losses.code import code_of
from lenet.dsl.losses import LOSSES
from lenet.dsl.registry import layers
from nets import ACTIVATIONS, make_case, spec_of, variations

SPECS = Path(__file__).parents[2] / "specs"
CHAINS = {
    "lenet": "input 1x28x28; conv 6x5x5; tanh; maxpool 2; tanh; conv 12x5x5; tanh; maxpool 2; "
    "reshape 12*4*4; linear 100; tanh; linear 10; logsoftmax",
    "linear only": "input 7; linear 3; logsoftmax",
    "mlp of odd sizes": "input 1x5x7; reshape 35; linear 33; relu; linear 17; sigmoid; linear 11",
    "many weights": "input 141; linear 503; relu; linear 4",
    "padding": "input 3x9x7; conv 7x3x3 pad 1; relu; conv 5x5x5 pad 2; reshape 5*9*7; linear 4",
    "wide padding": "input 2x4x4; conv 3x3x3 pad 3x2; tanh; conv 4x5x5 pad 1; reshape 4*6*4; "
    "linear 3",
    "stride": "input 2x13x11; conv 5x3x3; relu; conv 6x3x3 stride 2; reshape 6*5*4; linear 5",
    "stride and padding": "input 1x11x14; conv 5x3x4 pad 1x2; tanh; conv 6x4x3 stride 3x2 pad 2x1;"
    " tanh; conv 3x2x2 stride 2 pad 1; reshape 3*3*5; linear 5",
    "stride beyond the kernel": "input 2x12x12; conv 4x2x2; relu; conv 3x2x1 stride 3x4 pad 1; "
    "reshape 3*4*4; linear 3",
    "1x1": "input 5x4x3; conv 13x1x1; relu; conv 9x1x1 bias no; reshape 9*4*3; linear 6 bias no",
    "wide kernels": "input 2x15x16; conv 3x7x11 pad 3x5; tanh; conv 3x13x3; reshape 3*3*14; "
    "linear 3",
    "whole-map kernel": "input 3x5x6; conv 8x5x6; relu; reshape 8; linear 4",
    "one row": "input 4x1x19; conv 5x1x3; relu; maxpool 1x2; reshape 5*1*8; linear 3",
    "max windows that overlap": "input 3x11x12; conv 4x2x3; maxpool 3 stride 2; relu; "
    "conv 3x2x2; maxpool 2x3 stride 1; reshape 3*2*1; linear 3",
    "max windows with padding": "input 2x8x9; conv 4x1x2; maxpool 3 stride 2 pad 1; "
    "conv 2x1x1; maxpool 2 stride 3 pad 1; reshape 2*2*2; linear 3",
    "windows that overlap behind convolutions": "input 2x17x13; conv 5x3x3 pad 1; "
    "maxpool 3 stride 2 pad 1; tanh; sigmoid; conv 4x3x3 pad 1 algorithm winograd; "
    "maxpool 3x2 stride 2x1 pad 1; relu; conv 3x2x2; avgpool 3x4 stride 1x2; relu; "
    "reshape 3*2*2; linear 3",
    "windows that overlap behind copies": "input 1x32x16; conv 32x1x1; relu; conv 32x3x3 pad 1 "
    "algorithm direct; maxpool 3 stride 2 pad 0x1; tanh; conv 2x1x1; reshape 2*15*8; linear 3",
    "max windows with gaps": "input 1x10x11; conv 3x1x1; maxpool 2 stride 3x4; reshape 3*3*3; "
    "linear 3",
    "a max window of many places": "input 1x18x18; conv 2x1x1; maxpool 17x18; reshape 2; linear 3",
    "pools that round up": "input 3x10x12; maxpool 3 stride 2 round up; conv 4x2x2; tanh; "
    "maxpool 3x2 stride 2 pad 1 round up; conv 5x1x1; relu; avgpool 2 round up; sigmoid; "
    "maxpool all; linear 3",
    "pools that round up behind convolutions": "input 2x12x13; conv 4x3x3; relu; maxpool 2x3 "
    "round up; conv 3x2x2; avgpool 3 stride 2 round up; tanh; conv 3x1x1; maxpool all; linear 3",
    "means that round up": "input 2x8x9; conv 3x1x1; relu; shortcut 3; avgpool 3x2 stride 3x2 "
    "round up; add; .path; ..conv 3x1x1; .path; avgpool 2 stride 1 round up; avgpool 2x3 stride 2 "
    "round up; maxpool all; linear 3",
    "the largest of a map": "input 3x17x16; conv 4x2x1; tanh; add; .path; .path; ..conv 4x1x1; "
    "maxpool all; relu; linear 3",
    "averages": "input 3x9x11; conv 4x2x2; avgpool 2; tanh; avgpool 3x2 stride 1; avgpool all; "
    "linear 3",
    "averages with gaps": "input 2x11x11; conv 3x1x1; avgpool 2x3 stride 3x4; reshape 3*4*3; "
    "linear 3",
    "activation towers": "input 2x4x4; tanh; conv 3x2x2; tanh; tanh; sigmoid; relu; relu; "
    "reshape 27; relu; linear 5; tanh; sigmoid; linear 3",
    "activations by their inputs": "input 2x9x9; conv 3x3x3 pad 1; gelu; silu; conv 4x2x2; "
    "maxpool 2; relu; mish; conv 3x1x1; hardswish; maxpool 2 stride 1; batchnorm; silu; tanh; "
    "gelu tanh; reshape 27; linear 6; add; .path; ..linear 6; .path; gelu; multiply; .path; "
    "..hardswish; .path; mish; relu; silu; linear 5; silu; gelu; linear 3",
    "pooled activations by their inputs": "input 1x16x16; conv 4x5x5; maxpool 2; gelu; "
    "conv 5x3x3; avgpool 2; silu; elu; reshape 20; linear 3",
    "activations with options": "input 2x9x9; conv 3x3x3 pad 1; leakyrelu slope 0.2; maxpool 3; "
    "elu alpha 0.7; conv 4x2x2; hardtanh low (-1/2) high 0.3; gelu tanh; reshape 16; linear 6; "
    "hardtanh; linear 6; leakyrelu; linear 3",
    "trained slopes": "input 2x5x7; conv 3x2x2; prelu; conv 4x2x2; prelu shared; tanh; "
    "reshape 60; prelu; linear 18; prelu; linear 3",
    "trained factors": "input 2x5x7; layerscale; conv 3x2x2; layerscale 0.5; tanh; add; .path; "
    "..conv 3x3x3 pad 1; ..layerscale 0.1; .path; relu; layerscale (-2); reshape 72; layerscale; "
    "linear 18; layerscale; linear 3",
    "sequences": "input 3x33; conv 5x1; tanh; add; .path; ..conv 5x3 dilate 4 causal; ..relu; "
    "..conv 5x2 causal groups 5; .path; maxpool 2; layernorm; conv 7x3 pad 1; gelu; depthwise 3 "
    "stride 2 pad same bias no; upsample 2; batchnorm; avgpool 2; concat; .path; ..last; .path; "
    "..maxpool all; .path; ..reshape 14x4; ..tanh; ..avgpool all; linear 3",
    "attention": "input 4x23; conv 12x1; position; attention 3; tanh; add; .path; ..layernorm; "
    "..attention 4 causal; .path; position waves; maxpool 2; attention 1; conv 5x1; attention 5; "
    "avgpool all; linear 3",
    "attention of many steps": "input 2x150; conv 4x1; attention 2; tanh; attention 1 causal; "
    "maxpool 3; conv 6x1; attention 2; last; linear 3",
    "sums of products": "input 3x4x5; conv 2x2x2; concat; .path; ..dot; ...path; ....tanh; "
    "...path; ...path; ....relu; .path; ..flatten; linear 3",
    "softmax inside": "input 3x4x4; conv 5x2x2; softmax; reshape 45; linear 6; softmax; linear 4; "
    "logsoftmax",
    "logsoftmax inside": "input 3x4x4; conv 5x2x2; logsoftmax; reshape 45; linear 4",
    "map again after linear": "input 12; linear 18; tanh; reshape 2x3x3; conv 4x2x2 pad 1; relu; "
    "reshape 64; linear 7",
    "nothing before the pool": "input 2x8x8; maxpool 2; avgpool 2; reshape 8; linear 3",
    "activations around a reshape": "input 2x3x4; conv 5x1x1; tanh; reshape 60; tanh; "
    "reshape 5x4x3; softmax; reshape 60; sigmoid; linear 7; tanh; reshape 7x1x1; dropout 0; "
    "reshape 7; linear 3",
    "flattened": "input 2x3x4; conv 5x1x1; tanh; flatten; tanh; flatten; linear 7; concat; .path; "
    "..flatten; .path; ..linear 8; ..reshape 2x2x2; ..relu; ..flatten; linear 3",
    "flattened with its own gradient": "input 3x4x5; flatten; add; .path; ..linear 60; .path; "
    "..reshape 3x4x5; ..conv 3x3x3 pad 1; ..flatten; linear 4",
    "odd maps before the first weights": "input 2x7x7; maxpool 2; avgpool all; linear 2",
    "names that are alike": "input 6; linear 9 as a.b; tanh as a-b; linear 8 as d_c; relu as c; "
    "linear 5 as keys; tanh as value; linear 4 as c_saved",
    "stride beyond a tile": "input 1x4x41; conv 2x1x1; tanh; conv 3x2x5 stride 1x7 pad 1x3; "
    "reshape 3*5*7; linear 3",
    "large kernels": "input 2x23x22; conv 2x1x1; conv 3x11x11 stride 4 pad 2; relu; "
    "conv 2x7x7 pad 3; tanh; reshape 2*5*4; linear 3",
    "maps a power of two apart": "input 1x32x16; conv 33x1x1; relu; conv 32x3x3 pad 1 "
    "stride 2x1; relu; conv 32x3x3 pad 1 algorithm direct; maxpool 2; tanh; conv 2x1x1; "
    "reshape 2*8*8; linear 3",
    "maps beyond the caches": "input 1x48x47; conv 15x1x1; relu; conv 7x3x4 stride 2x1 pad 1x2; "
    "relu; maxpool 4; conv 2x1x1; tanh; reshape 2*6*12; linear 3",
    "gradients of largest values": "input 2x16x20; conv 3x5x5; tanh; maxpool 2; tanh; "
    "conv 4x3x5 pad 2 stride 2x1; maxpool 3x2; relu; reshape 4*1*4; linear 3",
    "gradients of largest values with gaps": "input 1x30x31; conv 2x6x7 pad 1x3 stride 1x2; "
    "sigmoid; maxpool 2x3 stride 3x4; conv 3x4x2; maxpool 5x2; reshape 3; linear 3",
    "winograd": "input 3x9x10; conv 5x3x3 pad 1 algorithm winograd; relu; conv 7x5x5 pad 2 "
    "algorithm winograd; tanh; conv 9x3x3 pad 3x0 algorithm winograd bias no; tanh; "
    "conv 4x5x5 algorithm winograd; reshape 4*9*4; linear 4",
    "winograd one way": "input 1x8x8; conv 32x1x1; tanh; conv 32x5x5; relu; conv 16x1x1; relu; "
    "conv 16x5x5 pad 4; tanh; reshape 16*8*8; linear 3",
    "winograd for gradients": "input 1x17x17; conv 16x1x1; tanh; conv 16x3x3 pad 1; relu; "
    "conv 2x1x1; reshape 2*17*17; linear 3",
    "winograd of many channels": "input 1x5x4; conv 85x1x1; relu; conv 88x3x3 pad 1 algorithm "
    "winograd; tanh; conv 2x1x1; reshape 2*5*4; linear 3",
    "winograd in strips": "input 1x34x17; conv 24x1x1; tanh; conv 24x3x3 pad 1 algorithm winograd; "
    "maxpool 2x1 stride 4x1; tanh; conv 24x3x3 pad 1 algorithm winograd bias no; batchnorm; "
    "conv 24x3x3 pad 1 algorithm winograd; relu; avgpool 4; conv 2x1x1; reshape 2*2*4; linear 3",
    "winograd in strips before pools": "input 1x17x18; conv 24x1x1; tanh; conv 24x3x3 pad 1 "
    "algorithm winograd; maxpool 2 stride 1 pad 1; tanh; conv 24x3x3 pad 2 algorithm winograd; "
    "maxpool 3; conv 14x1x1; relu; conv 2x1x1; reshape 2*6*7; linear 3",
    "winograd in strips of rows": "input 1x23x24; conv 6x1x1; tanh; conv 7x5x5 pad 2 algorithm "
    "winograd; maxpool 2; sigmoid; conv 2x1x1; reshape 2*11*12; linear 3",
    "winograd in strips but for gradients": "input 1x9x17; conv 86x1x1; relu; conv 86x3x3 pad 1 "
    "algorithm winograd; tanh; conv 2x1x1; reshape 2*9*17; linear 3",
    "winograd in one tile": "input 5x3x3; conv 17x3x3 pad 1 algorithm winograd; relu; "
    "conv 2x3x3 algorithm winograd; reshape 2; linear 3",
    "dilated": "input 2x13x14; conv 4x3x3 dilate 2; tanh; conv 5x2x3 dilate 3x2 pad 2x1; relu; "
    "conv 3x3x2 dilate 1x4; flatten; linear 3",
    "dilated with strides": "input 2x19x21; conv 4x3x3 dilate 2 stride 3 pad 2; tanh; "
    "conv 5x3x3 dilate 3x2 stride 2x1 pad 4x2; relu; conv 4x4x2 dilate 2x3 stride 4x3 pad 5x3; "
    "tanh; flatten; linear 3",
    "dilated beyond the map": "input 1x6x5; conv 3x3x3 dilate 5 pad 5; tanh; "
    "conv 2x3x3 dilate 4x3 pad 4x3 stride 3x2; flatten; linear 3",
    "dilated before pools": "input 1x17x18; conv 3x3x3 dilate 2 pad 2; maxpool 2; tanh; "
    "conv 4x3x3 dilate 2 pad 2; relu; maxpool 3 stride 2 pad 1; conv 2x1x1; flatten; "
    "linear 3",
    "dilated maps a power of two apart": "input 1x32x16; conv 33x1x1; relu; conv 32x3x3 pad 2 "
    "stride 2x1 dilate 2; relu; conv 32x3x3 pad 3 dilate 3; maxpool 2; tanh; conv 2x1x1; "
    "flatten; linear 3",
    "dilated maps beyond the caches": "input 1x48x47; conv 15x1x1; relu; conv 7x3x4 stride 2x1 "
    "pad 2x3 dilate 2; relu; maxpool 4; conv 2x1x1; tanh; flatten; linear 3",
    "groups": "input 2x9x8; conv 6x3x3 pad 1; tanh; conv 9x3x2 groups 3; relu; conv 6x2x3 groups 3 "
    "stride 2 pad 1 bias no; tanh; conv 6x1x1 groups 6; flatten; linear 3",
    "groups with all else": "input 4x15x14; conv 6x3x3 groups 2 dilate 2x1 stride 2x3 pad 1x2; "
    "tanh; maxpool 2; relu; conv 18x2x3 groups 3 pad 1; tanh; maxpool 3 stride 2 pad 1; tanh; "
    "conv 4x1x1 groups 2 algorithm direct; relu; flatten; linear 3",
    "groups behind normalizations": "input 4x7x6; conv 8x3x3 groups 4 pad 1 bias no; batchnorm; "
    "relu; conv 34x3x3 groups 2 stride 2 pad 1; batchnorm; tanh; avgpool all; linear 3",
    "wide groups": "input 1x32x16; conv 68x1x1; relu; conv 70x3x3 groups 2 pad 1; relu; "
    "conv 68x3x3 groups 2 pad 1 stride 2x1; maxpool 2; tanh; conv 2x1x1; flatten; linear 3",
    "groups beyond the caches": "input 1x48x47; conv 30x1x1; relu; conv 14x3x4 stride 2x1 pad 1x2 "
    "groups 2; relu; maxpool 4; conv 2x1x1 groups 2; tanh; flatten; linear 3",
    "as many outputs as strides": "input 2x9x10; conv 3x2x2 pad same; tanh; conv 4x4x4 pad same "
    "stride 2; relu; conv 3x3x3 pad same stride 2; tanh; conv 3x2x4 dilate 2 pad same stride 1x2; "
    "flatten; linear 3",
    "odd pads before pools": "input 2x14x14; conv 4x4x2 pad same; maxpool 2; tanh; "
    "conv 4x2x2 pad same; relu; maxpool 2x3 stride 2 pad same; maxpool 3 stride 2 pad same; "
    "conv 3x2x2 pad same algorithm direct; maxpool 2 stride 1 pad same; flatten; linear 3",
    "depthwise": "input 3x13x22; depthwise 3 pad 1; tanh; depthwise 3x5 multiplier 3 bias no; "
    "relu; depthwise 2x3 stride 2x1 pad 1x2; flatten; linear 3",
    "depthwise with all else": "input 3x21x19; depthwise 3 dilate 2x1 stride 2 pad same; tanh; "
    "maxpool 2; depthwise 4x3 pad same multiplier 2; relu; maxpool 3 stride 2 pad 1; relu; "
    "depthwise 1x3 stride 1x3; flatten; linear 3",
    "depthwise and large": "input 2x17x23; depthwise 7x6 pad 3; tanh; depthwise 5 pad 2; relu; "
    "depthwise 9x11 pad 5x8 stride 3 dilate 1x2; tanh; depthwise 3x35 pad 8x20; flatten; linear 3",
    "depthwise in registers": "input 2x12x11; depthwise 9x5 pad 4x2; tanh; depthwise 5x9 stride 2 "
    "pad 2x4; relu; depthwise 9 pad same; flatten; linear 3",
    "depthwise behind normalizations": "input 2x9x9; conv 18x1x1; batchnorm; relu; depthwise 3 "
    "stride 2 pad 1 bias no; batchnorm; relu; conv 5x1x1 bias no; batchnorm; avgpool all; linear 3",
    "transposed": "input 3x5x4; upconv 5x2x2 stride 2; tanh; upconv 4x3x3 pad 1; relu; "
    "upconv 2x4x3 stride 2x3 pad 1 extra 1x2 bias no; flatten; linear 3",
    "transposed with all else": "input 2x6x5; upconv 4x3x3 stride 2 pad same; tanh; "
    "upconv 3x2x4 stride 3 pad same; relu; maxpool 3; upconv 5x3x2 dilate 2x3 stride 3x2 "
    "extra 2x1; tanh; maxpool 3 stride 2 pad 1; relu; upconv 2x1x1 stride 2; flatten; linear 3",
    "transposed behind normalizations": "input 2x4x5; upconv 7x4x4 stride 2 pad 1 bias no; "
    "batchnorm; relu; upconv 18x5x5 stride 2 pad 2 extra 1; batchnorm; tanh; upconv 3x3x3 dilate 2 "
    "pad 7x3; flatten; linear 3",
    "transposed and large": "input 1x32x16; conv 33x1x1; relu; upconv 32x3x3 pad 1; relu; "
    "upconv 34x2x2 stride 2; maxpool 4; tanh; conv 2x1x1; flatten; linear 3",
    "each side by itself": "input 2x9x8; conv 4x3x3 top 2 left 1; tanh; conv 5x2x3 pad 1 bottom 0 "
    "stride 2; relu; depthwise 3 bottom 2 right 1; tanh; maxpool 2 bottom 1 stride 1; "
    "maxpool 3x2 pad 1 top 0 right 0; flatten; linear 3",
    "each side by itself, by winograd": "input 2x7x9; conv 4x3x3 top 2 right 3 algorithm winograd; "
    "tanh; conv 5x5x5 bottom 4 left 2 algorithm winograd; relu; conv 3x3x3 pad 1 left 0 algorithm "
    "winograd; maxpool 2 stride 1 right 1; flatten; linear 3",
    "each side by itself, below pools": "input 2x16x20; conv 3x5x5 top 1 right 3; maxpool 2; tanh; "
    "conv 4x3x5 pad 1 bottom 3 stride 2x1; maxpool 3x2; relu; flatten; linear 3",
    "residual": "input 2x6x6; conv 4x3x3 pad 1 bias no; batchnorm; relu; add; .path; ..conv 4x3x3 "
    "pad 1; ..batchnorm; ..relu; ..conv 4x3x3 pad 1 bias no; ..batchnorm; .path; relu; "
    "add; .path; ..conv 7x3x3 stride 2 pad 1; ..batchnorm; .path; ..shortcut 7 stride 2; "
    "avgpool all; linear 3",
    "normalized vectors": "input 9; linear 7; batchnorm; tanh; linear 6; tanh; batchnorm epsilon "
    "0.01; linear 3",
    "normalized input": "input 3x5x4; batchnorm; conv 4x2x2; sigmoid; relu; batchnorm; tanh; relu; "
    "maxpool 2; batchnorm; reshape 8; linear 3",
    "normalized images": "input 2x5x7; layernorm; conv 6x3x3 pad 1; groupnorm 3; relu; "
    "conv 4x2x2; layernorm; gelu; tanh; reshape 96; linear 3",
    "normalized channels": "input 2x5x7; conv 4x2x2; instancenorm; silu; conv 3x1x1; instancenorm "
    "affine epsilon 0.01; layernorm all; reshape 72; linear 3",
    "normalized values of images": "input 2x3x2; layernorm all; reshape 12; linear 9; layernorm; "
    "relu; linear 6; groupnorm 3; layernorm epsilon 1e-6; linear 3",
    "normalized maps of many places": "input 1x9x8; conv 5x1x1; layernorm; relu; conv 4x1x1; "
    "layernorm; conv 5x1x1; groupnorm 5; mish; layernorm all; reshape 360; linear 3",
    "paths of all kinds": "input 2x5x6; conv 3x3x3 pad 1; concat; .path; ..conv 2x1x1; ..tanh; "
    ".path; ..maxpool 3 stride 1 pad 1; .path; multiply; .path; ..conv 8x1x1; ..sigmoid; .path; "
    "add; .path; ..relu; .path; ..tanh; ..tanh; .path; reshape 8*5*6; linear 4",
    "a join in a path": "input 6; linear 5; tanh; concat; .path; ..add; ...path; ...path; "
    "....linear 5; .path; linear 3",
    "the same twice": "input 6; linear 5; add; .path; .path; multiply; .path; .path; concat; .path;"
    " .path; linear 3",
    "a path with a branch": "input 2x4x4; conv 3x2x2; add; .path; ..relu; ..add; ...path; "
    "....conv 3x3x3 pad 1; ...path; .path; ..conv 3x1x1; reshape 27; concat; .path; ..linear 4; "
    "..tanh; .path; ..linear 5; .path; linear 3",
    "a sum whose gradient others wait for": "input 6; linear 5; add; .path; ..linear 5; .path; "
    "..add; ...path; ....linear 5; ...path; ..relu; linear 3",
    "squeeze and excitation": "input 2x6x7; conv 20x2x2; batchnorm; relu; multiply; .path; .path; "
    "..avgpool all; ..linear 3; ..relu; ..linear 20; ..sigmoid; tanh; relu; multiply; .path; "
    "..maxpool all; ..linear 20; ..sigmoid; .path; ..conv 20x3x3 pad 1; .path; avgpool all; "
    "linear 3",
    "one value a channel": "input 3x5x4; conv 4x2x1; add; .path; ..maxpool all; ..linear 4; .path; "
    "..tanh; .path; ..avgpool 4x4; tanh; relu; add; .path; .path; ..conv 4x4x4; ..tanh; .path; "
    "..conv 4x1x1; .path; ..avgpool all; multiply; .path; ..avgpool 4; .path; ..maxpool all; "
    ".path; add; .path; ..conv 4x4x4; .path; ..avgpool all; flatten; linear 3",
    "one value of the only channel": "input 2x4x4; conv 1x1x1; multiply; .path; ..avgpool all; "
    ".path; add; .path; .path; ..maxpool all; flatten; linear 3",
    "pads and crops": "input 2x6x7; conv 3x2x2; pad 1; tanh; conv 4x3x3; pad 2x0; crop 7x4; relu; "
    "pad top 1 right 2; conv 3x2x2; pad bottom 1; crop top 1 bottom 2 left 0 right 3; pad 0; "
    "crop left 1; pad 1 left 0; crop 3x2; crop top 1; flatten; linear 3",
    "slices": "input 3x4x5; conv 8x2x2; concat; .path; ..slice 0 to 3; .path; ..slice 5; ..tanh; "
    ".path; ..slice 2 to 6; .path; ..slice 0 to 8; flatten; slice to 70; slice 3 to 60; linear 3",
    "shuffles": "input 3x4x5; conv 12x2x2; shuffle 3; conv 12x1x1 bias no; relu; shuffle 1; "
    "shuffle 12; add; .path; .path; ..shuffle 2; flatten; shuffle 6; linear 3",
    "nearest values": "input 2x3x4; upsample 2; conv 3x2x2; upsample 3x1; tanh; conv 2x2x3; "
    "upsample 1x2 nearest; maxpool 3; upsample 1; flatten; linear 3",
    "bilinear mixtures": "input 2x3x4; upsample 2 bilinear; conv 3x2x2; upsample 3x2 bilinear; "
    "tanh; conv 2x2x3; upsample 1x5 bilinear; relu; maxpool 3x4; upsample 1 bilinear; "
    "maxpool 4x14; upsample 3x4 bilinear; conv 4x1x1; upsample 4 bilinear; flatten; linear 3",
    "shortcuts": "input 3x5x7; conv 4x1x1; shortcut 4; tanh; shortcut 6 stride 2x3; conv 2x1x1; "
    "shortcut 2 stride 2; shortcut 3; reshape 3*2*2; linear 3",
    "other activations": "input 2x4x4; conv 3x2x2; selu; softsign; reshape 27; linear 8; softplus; "
    "linear 7; hardsigmoid; linear 6; relu6; linear 3",
    "subsample": "input 2x9x8; conv 3x2x2; tanh gain 1.7159 slope 2/3; subsample 2; "
    "tanh gain 0.5 slope 3; subsample 2x3 stride 1; subsample 3x1 stride 2; reshape 3; linear 3",
    "distances": "input 7; linear 5; tanh; rbf 4",
    "the digits' codes": "input 12; linear 84; tanh gain 1.7159 slope 2/3; rbf 10 codes ascii7x12",
    "local responses": "input 2x5x7; conv 7x2x2; lrn; relu; lrn 3 alpha 2 beta 0.5 k 0.5; "
    "conv 4x2x2; lrn 4 alpha 1 beta 1; reshape 60; linear 6; lrn 20 alpha 0.5 beta 1.3 k 2; "
    "linear 3",
    "local responses of many places": "input 1x9x8; conv 6x1x1; lrn 5 alpha 0.1; conv 2x1x1; "
    "reshape 144; linear 3",
    "dropout off": "input 2x3x3; conv 4x2x2; dropout 0; reshape 16; dropout 0; linear 3",
}  # fmt: skip


# Variations of others, whose kernels have few lines that those of no other have; some take long to
# compile, and all together as long as the rest. `make large` tries them.
LONG = {
    "activations around a reshape", "attention of many steps", "winograd in one tile",
    "1x1", "a max window of many places", "a path with a branch",
    "a join in a path", "a sum whose gradient others wait for", "activation towers",
    "as many outputs as strides", "averages", "averages with gaps", "depthwise and large",
    "depthwise behind normalizations",
    "depthwise with all else", "groups with all else", "lenet", "means that round up",
    "normalized vectors", "one value of the only channel", "subsample", "transposed with all else",
    "depthwise in registers", "dilated before pools", "dilated beyond the map",
    "dilated maps a power of two apart", "dilated maps beyond the caches", "dilated with strides",
    "dropout off", "each side by itself", "each side by itself, below pools",
    "each side by itself, by winograd", "flattened", "flattened with its own gradient",
    "gradients of largest values", "gradients of largest values with gaps", "groups",
    "groups behind normalizations", "groups beyond the caches", "large kernels",
    "local responses of many places", "logsoftmax inside", "many weights", "map again after linear",
    "maps a power of two apart", "maps beyond the caches", "max windows that overlap",
    "max windows with gaps", "max windows with padding", "normalized input",
    "normalized maps of many places", "normalized values of images", "nothing before the pool",
    "odd maps before the first weights", "odd pads before pools", "padding",
    "pooled activations by their inputs", "pools that round up",
    "pools that round up behind convolutions", "softmax inside", "stride", "stride and padding",
    "stride beyond a tile", "stride beyond the kernel", "the largest of a map", "the same twice",
    "transposed and large", "transposed behind normalizations", "whole-map kernel", "wide groups",
    "wide kernels", "wide padding", "windows that overlap behind convolutions",
    "windows that overlap behind copies", "winograd", "winograd for gradients",
    "winograd in strips before pools", "winograd in strips but for gradients",
    "winograd in strips of rows", "winograd one way",
}  # fmt: skip
# Activations that are tried one by one; the others are in chains, too.
SOME = {"tanh", "prelu", "mish", "gelu", "hardtanh"}
# Losses that are tried with importance and mixtures, which multiply all of them in one place.
FEW = {"mse", "bce smooth 0.1 weights 1 2 0.5 3", "nll", "crossentropy smooth 0.2", "map"}


def relative(got: np.ndarray, expected: np.ndarray) -> float:
    scale = max(np.abs(expected).max(), 1e-3)
    return float(np.abs(got - expected).max() / scale)


@pytest.mark.parametrize("name", variations(CHAINS, LONG))
def test_chain_against_reference(name: str) -> None:
    case = make_case(spec_of(CHAINS[name]))
    last = case.graph.nodes[-1].kind
    loss = {"logsoftmax": "nll", "rbf": "map"}.get(last, "crossentropy")
    expected_loss, expected, _ = case.reference.gradients(case.values(), case.labels, loss)
    got_loss, got, hits = case.kernels()
    assert got_loss == pytest.approx(expected_loss, rel=2e-5)
    assert set(got) == set(expected)
    largest = max(np.abs(value).max() for value in expected.values())
    for tensor, value in expected.items():
        # A bias before a normalization has no gradient but rounding errors.
        assert np.abs(got[tensor] - value).max() < 3e-5 * max(np.abs(value).max(), 1e-2 * largest)
    trained = case.reference.forward(case.values())
    hits_expected = log_probabilities(trained, last).argmax(axis=1) == case.labels
    assert hits == hits_expected.sum()
    probabilities = log_probabilities(case.predicting.forward(case.values()), last)
    assert relative(case.outputs(), probabilities) < 1e-5


@pytest.mark.parametrize("name", variations(ACTIVATIONS, set(ACTIVATIONS) - SOME))
def test_activation_against_reference(name: str) -> None:
    """On maps and vectors, alone and behind another, in batches and for a single image."""
    example = layers()[name].example
    chain = f"input 2x4x4; conv 3x2x2; {example}; tanh; {example}; reshape 27; {example}; linear 3"
    case = make_case(spec_of(chain))
    expected_loss, expected, _ = case.reference.gradients(
        case.values(), case.labels, "crossentropy"
    )
    got_loss, got, _ = case.kernels()
    assert got_loss == pytest.approx(expected_loss, rel=2e-5)
    for tensor, value in expected.items():
        assert np.abs(got[tensor] - value).max() < 3e-5 * np.abs(value).max()
    np.testing.assert_allclose(case.single_outputs(), case.outputs(), rtol=1e-5, atol=1e-6)


ENDS = {"scores": "", "log-probabilities": "logsoftmax", "distances": "rbf 4"}


def test_each_loss_has_a_reference() -> None:
    assert set(reference.LOSSES) == set(LOSSES)


OF_CLASSES = [name for name, loss in LOSSES.items() if loss.answers == "class"]
SMOOTHED = [*OF_CLASSES, "nll smooth 0.2", "crossentropy smooth 0.2"]
# How lines write losses, and the options that the references get for it.
WRITTEN = {
    **{name: {} for name in LOSSES if name != "quantile"},
    "quantile 0.1 0.9": {},
    "quantile 0.2 0.3 0.5 0.9": {"quantiles": (0.2, 0.3, 0.5, 0.9)},
    "huber delta 0.3": {"delta": 0.3},
    "bce smooth 0.2": {"smooth": 0.2},
    "bce smooth 0.1 weights 1 2 0.5 3": {"smooth": 0.1, "weights": (1, 2, 0.5, 3)},
}


OTHERS = [name for name in WRITTEN if name not in OF_CLASSES]


@pytest.mark.parametrize("loss", WRITTEN)
def test_loss_against_reference(loss: str) -> None:
    """Of a net that ends as it needs, and its gradients."""
    name, options = loss.split()[0], WRITTEN[loss]
    chain = f"input 7; linear 5; tanh; linear 4; {ENDS[LOSSES[name].takes]}; train; .loss {loss}; "
    case = make_case(spec_of(f"{chain}.rate 0.1"))
    given = case.values(), case.labels, name
    expected_loss, expected, _ = case.reference.gradients(*given, **options)
    got_loss, got, _ = case.kernels()
    assert got_loss == pytest.approx(expected_loss, rel=2e-5)
    for tensor, value in expected.items():
        assert np.abs(got[tensor] - value).max() < 3e-5 * np.abs(value).max()


@pytest.mark.parametrize("loss", ["nll", "crossentropy"])
def test_smoothed_labels(loss: str) -> None:
    """The mean of the loss over all classes has a part in it."""
    smooth, classes = 0.2, 4
    chain = f"input 7; linear 5; tanh; linear {classes}; {ENDS[LOSSES[loss].takes]}; train; "
    case = make_case(spec_of(f"{chain}.loss {loss} smooth {smooth}; .rate 0.1"))
    expected_loss, expected = 0.0, dict.fromkeys(case.kernels()[1], 0.0)
    for label in (None, *range(classes)):
        labels = case.labels if label is None else np.full_like(case.labels, label)
        share = 1 - smooth if label is None else smooth / classes
        value, gradients, _ = case.reference.gradients(case.values(), labels, loss)
        expected_loss += share * value
        expected = {name: part + share * gradients[name] for name, part in expected.items()}
    got_loss, got, _ = case.kernels()
    assert got_loss == pytest.approx(expected_loss, rel=2e-5)
    for tensor, value in expected.items():
        assert np.abs(got[tensor] - value).max() < 3e-5 * np.abs(value).max()


@pytest.mark.parametrize("loss", variations(SMOOTHED, set(SMOOTHED) - FEW))
def test_weighted_images(loss: str) -> None:
    """Each image's loss and gradient are times its importance."""
    name, *smooth = loss.split()
    chain = f"input 7; linear 5; tanh; linear 4; {ENDS[LOSSES[name].takes]}; train; .loss {loss} "
    case = make_case(spec_of(f"{chain}weights 1 2 3 4; .rate 0.1"), images=21)
    case.importance = np.random.default_rng(1).uniform(0, 3, 21).astype(np.float32)
    spread = float(smooth[1]) if smooth else 0.0
    expected_loss, expected = 0.0, dict.fromkeys(case.kernels()[1], 0.0)
    for k, importance in enumerate(case.importance):
        for label in (None, *(range(4) if smooth else ())):
            own = case.labels[k : k + 1] if label is None else np.array([label])
            share = importance / 21 * (1 - spread if label is None else spread / 4)
            value, slopes, _ = case.reference.gradients(case.values()[k : k + 1], own, name)
            expected_loss += share * value
            expected = {key: part + share * slopes[key] for key, part in expected.items()}
    got_loss, got, _ = case.kernels()
    assert got_loss == pytest.approx(expected_loss, rel=2e-5)
    for tensor, value in expected.items():
        assert np.abs(got[tensor] - value).max() < 3e-5 * np.abs(value).max()


@pytest.mark.parametrize("loss", variations(SMOOTHED, set(SMOOTHED) - FEW))
@pytest.mark.parametrize("weights", ["", " weights 1 2 3 4"])
def test_mixtures_of_two_images(loss: str, weights: str) -> None:
    """The loss and the gradient of both labels, each times its share; hits are the first."""
    name, *smooth = loss.split()
    chain = f"input 7; linear 5; tanh; linear 4; {ENDS[LOSSES[name].takes]}; augment; .mixup; "
    case = make_case(spec_of(f"{chain}train; .loss {loss}{weights}; .rate 0.1"), images=21)
    random = np.random.default_rng(1)
    case.others = random.integers(0, 4, 21).astype(np.int32)
    case.others[:3] = case.labels[:3]
    case.shares = random.uniform(0, 2, (21, 2)).astype(np.float32)
    case.shares[3:6] = 1, 0
    spread = float(smooth[1]) if smooth else 0.0
    expected_loss, expected = 0.0, dict.fromkeys(case.kernels()[1], 0.0)
    for k, shares in enumerate(case.shares.astype(float)):
        for share, right in zip(shares, (case.labels[k], case.others[k]), strict=True):
            for label in (None, *(range(4) if smooth else ())):
                own = np.array([right if label is None else label])
                part = share / 21 * (1 - spread if label is None else spread / 4)
                value, slopes, _ = case.reference.gradients(case.values()[k : k + 1], own, name)
                expected_loss += part * value
                expected = {key: part * slopes[key] + sums for key, sums in expected.items()}
    got_loss, got, hits = case.kernels()
    assert got_loss == pytest.approx(expected_loss, rel=2e-5)
    for tensor, value in expected.items():
        assert np.abs(got[tensor] - value).max() < 3e-5 * np.abs(value).max()
    best = log_probabilities(case.reference.forward(case.values()), case.graph.nodes[-1].kind)
    assert hits == (best.argmax(axis=1) == case.labels).sum()


@pytest.mark.parametrize("loss", variations(OTHERS, set(OTHERS) - FEW))
def test_weighted_rows(loss: str) -> None:
    """The same where answers are no classes, whose rows a column weighs."""
    name, options = loss.split()[0], WRITTEN[loss]
    chain = f"input 7; linear 5; tanh; linear 4; {ENDS[LOSSES[name].takes]}; data frame; "
    case = make_case(spec_of(f'{chain}.weight "w"; train; .loss {loss}; .rate 0.1'), images=21)
    case.importance = np.random.default_rng(1).uniform(0, 3, 21).astype(np.float32)
    expected_loss, expected = 0.0, dict.fromkeys(case.kernels()[1], 0.0)
    for k, importance in enumerate(case.importance):
        given = case.values()[k : k + 1], case.labels[k : k + 1], name
        value, slopes, _ = case.reference.gradients(*given, **options)
        expected_loss += importance / 21 * value
        expected = {key: part + importance / 21 * slopes[key] for key, part in expected.items()}
    got_loss, got, _ = case.kernels()
    assert got_loss == pytest.approx(expected_loss, rel=2e-5)
    for tensor, value in expected.items():
        assert np.abs(got[tensor] - value).max() < 3e-5 * np.abs(value).max()


@pytest.mark.parametrize("loss", OTHERS)
def test_losses_of_rows_for_validation(loss: str) -> None:
    """What the runtime computes of outputs is what the kernels add up."""
    name, options = loss.split()[0], WRITTEN[loss]
    chain = f"input 7; linear 5; tanh; linear 4; {ENDS[LOSSES[name].takes]}; train; .loss {loss}; "
    case = make_case(spec_of(f"{chain}.rate 0.1"))
    use = case.graph.train.loss
    values = code_of(use).values(
        case.outputs().astype(np.float64), case.labels.astype(np.float64), use
    )
    assert values.shape == (len(case.labels),)
    assert values.mean() == pytest.approx(case.kernels()[0], rel=2e-5)
    outputs = case.reference.forward(case.values())
    whole = reference.LOSSES[name](outputs, case.labels.astype(np.float64), **options)[0]
    assert values.sum() == pytest.approx(whole, rel=2e-5)


@pytest.mark.parametrize("loss", OTHERS)
def test_losses_of_numbers_that_are_none(loss: str) -> None:
    """A NaN in what the net gives is one in the loss, so that the training stops."""
    name = loss.split()[0]
    chain = f"input 7; linear 5; tanh; linear 4; {ENDS[LOSSES[name].takes]}; train; .loss {loss}; "
    case = make_case(spec_of(f"{chain}.rate 0.1"))
    case.weights[:] = np.nan
    assert np.isnan(case.kernels()[0])


@pytest.mark.parametrize("loss", LOSSES)
def test_references_of_losses_are_their_slopes(loss: str) -> None:
    rng = np.random.default_rng(3)
    outputs, labels = rng.uniform(0.1, 3, (6, 4)), rng.integers(0, 4, 6)
    if loss not in OF_CLASSES:
        labels = rng.integers(0, 2, (6, 2 if loss == "quantile" else 4)) + 0.0
    _, gradient = reference.LOSSES[loss](outputs, labels)
    for place in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[place] = 1e-6
        ahead, back = (reference.LOSSES[loss](outputs + s * step, labels)[0] for s in (1, -1))
        assert (ahead - back) / 2e-6 == pytest.approx(gradient[place], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "loops"),
    [
        ("winograd in strips", {"0, 9, 1", "0, 3, 1"}),
        ("winograd in strips before pools", {"0, 5, 1"}),
        ("winograd in strips of rows", {"0, 12, 2"}),
        ("winograd in strips but for gradients", {"0, 3, 1", "0, 3, 3"}),
    ],
)
def test_what_is_called_so_is_in_strips(name: str, loops: set[str]) -> None:
    source = make_case(spec_of(CHAINS[name])).loaded.program.source
    assert set(re.findall(r"for strip in range\((.*)\)", source)) == loops


@pytest.mark.parametrize("spec", variations(["lenet5", "lenet5-1998", "resnet20"], {"resnet20"}))
def test_the_published_nets(spec: str) -> None:
    """Outputs, loss and every gradient of the whole net. In ResNet-20 a value so near to 0 that it
    has another sign in float32 is cut off by a relu, or not."""
    case = make_case((SPECS / f"{spec}.lenet").read_text(), images=18)
    last = case.graph.nodes[-1].kind
    loss = "map" if last == "rbf" else "nll"
    expected_loss, expected, _ = case.reference.gradients(case.values(), case.labels, loss)
    got_loss, got, _ = case.kernels()
    assert got_loss == pytest.approx(expected_loss, rel=1e-4)
    assert set(got) == set(expected)
    masks = {
        f"{node.name}.{p.name}": np.array(p.mask)[:, :, None, None]
        for node in case.graph.nodes for p in node.parameters if p.mask is not None
    }  # fmt: skip
    bound = 2e-2 if spec == "resnet20" else 1e-3
    for tensor, value in expected.items():
        value = value * masks.get(tensor, 1)  # the reference knows of no connection table
        assert np.abs(got[tensor] - value).max() < bound * np.abs(value).max(), tensor
    probabilities = log_probabilities(case.predicting.forward(case.values()), last)
    assert relative(case.outputs(), probabilities) < 1e-4


def log_probabilities(outputs: np.ndarray, last: str) -> np.ndarray:
    if last != "rbf":
        return outputs - np.log(np.exp(outputs).sum(axis=1, keepdims=True))
    return -outputs - np.log(np.exp(-0.1) + np.exp(-outputs).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("count", [1, 15, 16, 17, 64, 65, 130])
@pytest.mark.parametrize("name", ["mlp of odd sizes", "winograd in one tile"])
def test_any_number_of_images(name: str, count: int) -> None:
    """Lanes and blocks without an image add nothing."""
    case = make_case(spec_of(CHAINS[name]), images=count)
    expected_loss, expected, _ = case.reference.gradients(
        case.values(), case.labels, "crossentropy"
    )
    got_loss, got, _ = case.kernels()
    assert got_loss == pytest.approx(expected_loss, rel=2e-5)
    for tensor, value in expected.items():
        assert relative(got[tensor], value) < 3e-5, tensor


@pytest.mark.parametrize("name", ["linear only", "winograd in one tile"])
def test_no_images_give_no_gradient(name: str) -> None:
    case = make_case(spec_of(CHAINS[name]))
    totals, sums = case.sums(np.zeros(0, np.int64))
    assert not totals.any() and not sums.any()


def test_softmax_output_predicts_probabilities() -> None:
    case = make_case("input 4\nlinear 3\nsoftmax")
    assert not case.loaded.program.phases and not case.loaded.program.outputs.logarithmic
    assert relative(case.outputs(), case.reference.forward(case.values())) < 1e-5


def test_finite_differences_of_the_kernels_themselves() -> None:
    """The whole net's own loss moves as its gradient says."""
    case = make_case("input 2x6x6\nconv 3x3x3\ntanh\nreshape 48\nlinear 3\nlogsoftmax")
    _, gradients, _ = case.kernels()
    flat = case.loaded.program.slots
    step = 1e-2
    for slot in flat:
        at = slot.offset + slot.size // 2
        losses = []
        for sign in (1, -1):
            case.weights[at] += np.float32(sign * step)
            losses.append(case.kernels()[0])
            case.weights[at] -= np.float32(sign * step)
        index = np.unravel_index(slot.size // 2, [slot.shape[a] for a in slot.order])
        place = tuple(int(index[list(slot.order).index(a)]) for a in range(len(slot.shape)))
        slope = (losses[0] - losses[1]) / (2 * step)
        assert gradients[slot.name][place] == pytest.approx(slope, rel=2e-2, abs=2e-4)


def test_dropout_is_the_layer_it_says() -> None:
    """The mask follows from the epoch's key and the row alone, has the right share of zeros, and
    the gradient is the reference's with the same mask."""
    spec = "input 64\ndropout 0.25 as drop\nlinear 4 bias no as out\nlogsoftmax"
    case = make_case(spec, images=96)
    case.pixels[:] = 160  # so that every input value is 1
    # With one image, one label and uniform weights, gradient = x * (p - onehot): the mask shows.
    case.weights[:] = 0
    case.reference.parameters["out"]["weight"][:] = 0
    masks = []
    for row in range(96):
        _, got, _ = case.kernels(rows=np.array([row]), key=5)
        wrong = (case.labels[row] + 1) % 4
        masks.append(got["out.weight"][wrong] / 0.25)
    masks = np.array(masks)
    assert set(np.unique(np.round(masks, 5))) == {0.0, np.float32(round(1 / 0.75, 5))}
    share = (masks == 0).mean()
    assert abs(share - 0.25) < 4 * np.sqrt(0.25 * 0.75 / masks.size)
    assert len({m.tobytes() for m in masks}) == 96, "each image has its own mask"
    again = case.kernels(rows=np.array([7, 3]), key=5)[1]["out.weight"]
    alone = [case.kernels(rows=np.array([r]), key=5)[1]["out.weight"] for r in (7, 3)]
    np.testing.assert_allclose(again, (alone[0] + alone[1]) / 2, atol=1e-6)
    other = case.kernels(rows=np.array([7]), key=6)[1]["out.weight"]
    assert not np.array_equal(other, alone[0])
    for row in (3, 50):
        case.reference.layers[0][2]["mask"] = masks[row][None].astype(np.float64)
        values = case.values()[row : row + 1]
        _, expected, _ = case.reference.gradients(values, case.labels[row : row + 1], "nll")
        got = case.kernels(rows=np.array([row]), key=5)[1]
        assert relative(got["out.weight"], expected["out.weight"]) < 1e-5
    outputs = case.outputs()
    assert np.allclose(np.exp(outputs).sum(axis=1), 1, atol=1e-5), "and off when it predicts"


def test_maxpool_passes_nan_on() -> None:
    case = make_case("input 1x4x4\nconv 1x1x1\nmaxpool 2\nreshape 4\nlinear 2\nlogsoftmax")
    case.weights[0] = np.nan
    assert np.isnan(case.outputs()).all()

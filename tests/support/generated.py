"""Specs that are valid by construction, with the shape that each line has to give.

The shapes are worked out here, from the arithmetic of windows, and not by the checker's rules.
"""

from dataclasses import dataclass, field
from random import Random

Shape = tuple[int, ...]


@dataclass
class Spec:
    """A text, and its output's shape."""

    lines: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    shape: Shape = ()

    @property
    def text(self) -> str:
        return "\n".join([*self.blocks, *self.lines]) + "\n"


def generate(seed: int, size: int = 6, vectors_only: bool = False) -> Spec:
    """A net of about `size` lines; the same seed always gives the same."""
    random = Random(seed)
    spec = Spec()
    if vectors_only or random.random() < 0.2:
        spec.shape = (random.randint(3, 12),)
    else:
        spec.shape = (random.randint(1, 3), random.randint(6, 10), random.randint(6, 10))
    spec.lines.append(f"input {'x'.join(map(str, spec.shape))}")
    depth = 0
    while len(spec.lines) < size:
        lines, spec.shape = _body(random, spec, spec.shape, depth)
        spec.lines += lines
    if len(spec.shape) == 3:
        reshape = f"reshape {'*'.join(map(str, spec.shape))}"
        spec.lines.append("flatten" if seed % 2 else reshape)
    spec.lines.append("linear 3")
    spec.shape = (3,)
    return spec


def _body(random: Random, spec: Spec, shape: Shape, depth: int) -> tuple[list[str], Shape]:
    """Lines that follow a shape, and the shape that they give."""
    kind = random.random()
    if depth < 2 and kind < 0.12:
        return _repeat(random, spec, shape, depth)
    if depth < 2 and kind < 0.3:
        return _join(random, spec, shape, depth)
    if depth == 0 and kind < 0.4 and len(shape) == 3:
        return _block(random, spec, shape)
    return _layer(random, shape)


def _layer(random: Random, shape: Shape) -> tuple[list[str], Shape]:
    simple = ["tanh", "relu", "sigmoid", "batchnorm", "tanh gain 1.5 slope 2/3"]
    if len(shape) == 1:
        if random.random() < 0.5:
            width = random.randint(2, 9)
            return [f"linear {width}{random.choice(['', ' bias no'])}"], (width,)
        if random.random() < 0.2:
            return _channels(random, shape)
        return [random.choice(simple)], shape
    channels, height, width = shape
    kinds = ["conv", "conv", "conv", "pool", "subsample", "shortcut", "moved", "simple"]
    kind = random.choice(kinds)
    if kind == "conv":
        return _conv(random, shape)
    if kind == "moved":
        return random.choice([_channels, _margins, _larger])(random, shape)
    if kind in ("pool", "subsample") and min(height, width) >= 4:
        window, stride = random.choice([(2, 2), (3, 2), (2, 1)])
        name = random.choice(["maxpool", "avgpool"]) if kind == "pool" else "subsample"
        more = stride - 1 if kind == "pool" and random.random() < 0.4 else 0
        out = tuple((size - window + more) // stride + 1 for size in (height, width))
        options = f" stride {stride}{' round up' * (more > 0)}"
        return [f"{name} {window}{options}  # allow W001"], (channels, *out)
    if kind == "shortcut" and min(height, width) >= 4:
        more = channels + random.randint(0, 2)
        return [f"shortcut {more} stride 2"], (more, (height + 1) // 2, (width + 1) // 2)
    return [random.choice(simple)], shape


def _channels(random: Random, shape: Shape) -> tuple[list[str], Shape]:
    """Some of them, or all in another order."""
    count, *rest = shape
    if random.random() < 0.5:
        divisors = [number for number in range(1, count + 1) if count % number == 0]
        return [f"shuffle {random.choice(divisors)}"], shape
    first = random.randrange(count)
    to = random.randint(first + 1, count)
    return [f"slice {first} to {to}"], (to - first, *rest)


def _margins(random: Random, shape: Shape) -> tuple[list[str], Shape]:
    """Added, or cut off."""
    channels, height, width = shape
    sides = [random.randint(0, 1) for _ in range(4)]
    named = " ".join(
        f"{side} {n}" for side, n in zip(("top", "bottom", "left", "right"), sides, strict=True)
    )
    if random.random() < 0.5 or min(height, width) < 3:
        return [f"pad {named}"], (channels, height + sum(sides[:2]), width + sum(sides[2:]))
    if random.random() < 0.5:
        return [f"crop {named}"], (channels, height - sum(sides[:2]), width - sum(sides[2:]))
    out = (random.randint(2, height), random.randint(2, width))
    return [f"crop {out[0]}x{out[1]}"], (channels, *out)


def _larger(random: Random, shape: Shape) -> tuple[list[str], Shape]:
    channels, height, width = shape
    down, across = random.randint(1, 2), random.randint(1, 3)
    if height * down > 20 or width * across > 20:
        down = across = 1
    method = random.choice(["", " nearest", " bilinear"])
    return [f"upsample {down}x{across}{method}"], (channels, height * down, width * across)


def _conv(random: Random, shape: Shape) -> tuple[list[str], Shape]:
    _, height, width = shape
    outputs, kernel = random.randint(1, 5), random.choice([1, 2, 3])
    other = random.random()
    if other < 0.4:
        return _other_conv(random, shape, kernel, other)
    stride, pad = random.choice([1, 1, 2]), random.choice([0, 1])
    if min(height, width) + 2 * pad < kernel:
        kernel = 1
    out = tuple((size + 2 * pad - kernel) // stride + 1 for size in (height, width))
    options = f" stride {stride}" * (stride > 1) + f" pad {pad}" * (pad > 0)
    options += random.choice(["", " bias no"])
    return [f"conv {outputs}x{kernel}x{kernel}{options}  # allow W001"], (outputs, *out)


def _other_conv(random: Random, shape: Shape, kernel: int, which: float) -> tuple[list[str], Shape]:
    """Convolutions that keep the size, or make it larger or smaller by their strides."""
    channels, height, width = shape
    each, step, apart = random.randint(1, 2), random.choice([1, 1, 2]), random.choice([1, 2])
    down = (-(-height // step), -(-width // step))
    if which < 0.1 and max(height, width) < 16:
        up = (height * step, width * step)
        return [f"upconv {each}x{kernel}x{kernel} stride {step} pad same"], (each, *up)
    options = f"stride {step} dilate {apart} pad same"
    if which < 0.25:
        outputs = channels * each
        return [f"conv {outputs}x{kernel}x{kernel} groups {channels} {options}"], (outputs, *down)
    return [f"depthwise {kernel} multiplier {each} {options}"], (channels * each, *down)


def _same(random: Random, shape: Shape, depth: int = 0) -> list[str]:
    """Lines that keep the shape; joins among them, one in another, some with an empty path."""
    lines = []
    for _ in range(random.randint(1, 2)):
        if depth < 2 and random.random() < 0.2:
            lines.append(random.choice(["add", "multiply"]))
            for number in range(random.randint(2, 3)):
                lines.append("  path")
                if number or random.random() < 0.5:
                    lines += [f"    {line}" for line in _same(random, shape, depth + 1)]
        elif random.random() < 0.6:
            lines.append(random.choice(["tanh", "relu", "sigmoid", "batchnorm"]))
        elif len(shape) == 1:
            lines.append(f"linear {shape[0]}")
        else:
            lines.append(f"conv {shape[0]}x3x3 pad 1")
    return lines


def _repeat(random: Random, spec: Spec, shape: Shape, depth: int) -> tuple[list[str], Shape]:
    body = [f"  {line}" for line in _same(random, shape)]
    return [f"repeat {random.randint(0, 2)}", *body], shape


def _join(random: Random, spec: Spec, shape: Shape, depth: int) -> tuple[list[str], Shape]:
    kind = random.choice(["add", "multiply", "concat"])
    lines, channels = [kind], 0
    for number in range(random.randint(2, 3)):
        body: list[str] = []
        out = shape
        if kind == "concat":
            if number and random.random() < 0.7:
                body = ["linear 4"] if len(shape) == 1 else ["conv 2x1x1"]
                out = (4,) if len(shape) == 1 else (2, *shape[1:])
        elif number and len(shape) == 3 and random.random() < 0.3:
            body = [random.choice(["avgpool all", "maxpool all"])]  # one value a channel
        elif number:
            body = _same(random, shape)
        channels += out[0]
        lines += ["  path", *(f"    {line}" for line in body)]
    return lines, (channels, *shape[1:]) if kind == "concat" else shape


def _block(random: Random, spec: Spec, shape: Shape) -> tuple[list[str], Shape]:
    name = f"part{len(spec.blocks)}"
    width = random.randint(1, 4)
    spec.blocks.append(f"block {name}(width, pad = 1)\n  conv width x 3 x 3 pad pad\n  relu\n")
    use = random.choice([f"{name} {width}", f"{name} pad 1 width {width}", f"{name} {width} 1"])
    return [f"{use}    as {name}_{len(spec.lines)}"], (width, *shape[1:])

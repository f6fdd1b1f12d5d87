"""Texts that are nearly specs, or were some before something happened to them."""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

from generated import generate

from lenet.dsl.registry import STRUCTURE, layers
from lenet.dsl.sections import SECTIONS

_ROOT = Path(__file__).parents[3]
_CORPUS = [
    path.read_bytes().decode()
    for folder in ("specs", "tests/bad")
    for path in sorted((_ROOT / folder).glob("*.lenet"))
]
_TOKEN = re.compile(r"\s+|[A-Za-z_][\w.-]*|\d+(?:\.\d+)?|.", re.DOTALL)
_WORDS = [
    *layers(), *STRUCTURE, *SECTIONS, *(k for section in SECTIONS.values() for k in section.lines),
    *{option.name for layer in layers().values() for option in layer.options},
    "as", "->", "x", "(", ")", "/", "*", "=", "#", '"', ",", "all", "same", "idx", "mnist", "X",
]  # fmt: skip
_NUMBERS = [
    "0", "-1", "(-1)", "1", "2", "16", "1000000", "2147483647", "2147483648", str(10**18),
    "9" * 400, "9**9**9", "1/3", "(1/3)", "0.1", "1e300", "1e-300", "1e999999999", "1E5", "007",
    "1/" + "7" * 250, "*".join(["99999"] * 60), "(" * 60 + "2" + ")" * 60, "-" * 50 + "1", "٣", "²",
]  # fmt: skip
_LETTERS = [
    "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u00a0", "\u2028", "\x0c", "\x1b[31m",
    "\x7f", "\x85", "é", "e\u0301", "😀", "中", "\u0600", "×", "−", "\ud7ff", "\U0010ffff", "\t",
    "\r", "\x0b", "\\", "'", "`",
]  # fmt: skip
_BYTES = [b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\xc3", b"\xed\xa0\x80"]


def mutant(random: Random, mark: str) -> tuple[bytes, dict[str, str]]:
    """The bytes of a file, and the texts of those that it may import; some have `mark` in a
    comment."""
    imports = {}
    if random.random() < 0.1:
        names = ["a.lenet", "b.lenet", "c.lenet"]
        for name in names:
            others = random.choices([*names, ""], k=random.randint(0, 3))
            text = _towers(random) if random.random() < 0.5 else _mutated(random, _base(random))
            imports[name] = "".join(f'import "{other}"\n' for other in others) + text
    text = _mutated(random, _base(random))
    if imports:
        text = "".join(f'import "{name}"\n' for name in imports) + text
    if random.random() < 0.3:
        text = "\n".join(
            f"{line}  # {mark}" if random.random() < 0.3 else line for line in text.split("\n")
        )
    found = text.encode(errors="replace")
    if random.random() < 0.1:
        at = random.randint(0, len(found))
        found = found[:at] + random.choice(_BYTES) + found[at:]
    if random.random() < 0.05:
        found = found[: random.randint(0, len(found))]
    return found, imports


def _base(random: Random) -> str:
    kind = random.random()
    if kind < 0.45:
        return random.choice(_CORPUS)
    if kind < 0.75:
        return generate(random.randrange(10**6), random.randint(2, 14)).text
    return f"input 4x8x8\n{_towers(random)}flatten\nlinear 10\n"


def _towers(random: Random) -> str:
    """Blocks that use those before them, several times each, and now and then those behind."""
    count = random.choice([2, 3, 5, 12, 30])
    leaf = random.choice([
        "relu", "conv 4x3x3 pad 1", "rleu", "conv 4x9x9", "conv 4x3x3 pda 1", "let a = 3",
        "repeat 5000\n    relu", "repeat n\n    relu", "add\n    path\n    path\n      relu",
        "linear width", "relu -> 4x8x9", "conv 4x9x9 -> 4x8x8",
    ])  # fmt: skip
    parameter, value = random.choice([("", ""), ("(n)", " 2*n"), ("(n = 1)", " n + 1")])
    text = f"block z0{parameter}\n  {leaf}\n"
    for k in range(1, count):
        text += f"block z{k}{parameter}\n"
        for _ in range(random.randint(1, 3)):
            other = k - 1 if random.random() < 0.97 else random.randrange(count + 1)
            text += f"  z{other}{value}\n"
    return text + f"z{count - 1}{' 1' * bool(parameter)}\n"


def _mutated(random: Random, text: str) -> str:
    for _ in range(random.choice([0, 1, 1, 2, 3, 6])):
        text = random.choice(_MUTATIONS)(random, text)
    return text


def _of_tokens(change: Callable[[Random, list[str], int], None]) -> Callable[[Random, str], str]:
    def mutate(random: Random, text: str) -> str:
        tokens = _TOKEN.findall(text) or [""]
        change(random, tokens, random.randrange(len(tokens)))
        return "".join(tokens)

    return mutate


def _delete(random: Random, parts: list[str], at: int) -> None:
    del parts[at : at + random.choice([1, 1, 1, 4])]


def _duplicate(random: Random, parts: list[str], at: int) -> None:
    parts[at:at] = parts[at : at + random.choice([1, 2, 4])] * random.choice([1, 1, 2, 50])


def _swap(random: Random, parts: list[str], at: int) -> None:
    other = random.randrange(len(parts))
    parts[at], parts[other] = parts[other], parts[at]


def _word(random: Random, parts: list[str], at: int) -> None:
    """Another of the language's words, or of the file's."""
    parts[at] = random.choice([random.choice(_WORDS), random.choice(parts)])


def _letter(random: Random, parts: list[str], at: int) -> None:
    where = random.randint(0, len(parts[at]))
    letter = random.choice(_LETTERS) * random.choice([1, 1, 1, 40])
    parts[at] = parts[at][:where] + letter + parts[at][where:]


def _number(random: Random, parts: list[str], at: int) -> None:
    numbers = [k for k, part in enumerate(parts) if part[:1].isdigit()] or [at]
    parts[random.choice(numbers)] = random.choice(_NUMBERS)


def _long(random: Random, parts: list[str], at: int) -> None:
    parts[at] = (parts[at][:20] or "n") * random.choice([10, 100, 1000])


def _of_lines(change: Callable[[Random, list[str], int], None]) -> Callable[[Random, str], str]:
    def mutate(random: Random, text: str) -> str:
        lines = text.split("\n")
        change(random, lines, random.randrange(len(lines)))
        return "\n".join(lines)

    return mutate


def _move(random: Random, lines: list[str], at: int) -> None:
    line = lines.pop(at)
    lines.insert(random.randint(0, len(lines)), line)


def _indent(random: Random, lines: list[str], at: int) -> None:
    added = random.choice([" ", "  ", "\t", "    ", " " * 100])
    for k in range(at, min(len(lines), at + random.choice([1, 1, 3, 30]))):
        lines[k] = added + lines[k]


def _staircase(random: Random, lines: list[str], at: int) -> None:
    """Each line below the one before it."""
    for k in range(at, len(lines)):
        lines[k] = "  " * (k - at) + lines[k]


def _dedent(random: Random, lines: list[str], at: int) -> None:
    lines[at] = lines[at].lstrip()


_MUTATIONS = [
    *map(_of_tokens, (_delete, _duplicate, _swap, _word, _letter, _number, _number, _long)),
    *map(_of_lines, (_delete, _duplicate, _swap, _move, _indent, _staircase, _dedent)),
]

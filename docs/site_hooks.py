"""What mkdocs needs beside docs/ itself, so that its links work here as they do in the repository:
the pages at the top of the repository, and a page for each file of specs/."""

import re
from pathlib import Path
from posixpath import normpath
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from lenet.dsl.registry import STRUCTURE, layers
from lenet.dsl.sections import SECTIONS

ROOT = Path(__file__).parents[1]
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
# A block of text with its language, or the margin of a list in a list.
PIECE = re.compile(r"^```([^\n]*)\n(.*?)^```$|^  (?=- )", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*(?:src|href)="(https?:[^"]*)\"""")
WORDS = {*layers(), *STRUCTURE, *SECTIONS}
LINES = {line for section in SECTIONS.values() for line in section.lines}


def on_files(files: Files, config: Any) -> Files:
    """Add what lies outside of docs/."""
    for name in PAGES:
        files.append(File.generated(config, name, content=(ROOT / name).read_text()))
    for path in sorted((ROOT / "specs").rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        text = _folder(path) if path.is_dir() else _file(path, name)
        place = f"{name}/index.md" if path.is_dir() else f"{name}.md"
        files.append(File.generated(config, place, content=text))
    return files


def _file(path: Path, name: str) -> str:
    language = "lenet" if path.suffix == ".lenet" else "text"
    return f"# {name}\n\n```{language}\n{path.read_text()}```\n"


def _folder(path: Path) -> str:
    links = [f"- [{one.name}]({one.name}.md)" for one in sorted(path.iterdir()) if one.is_file()]
    return f"# {path.relative_to(ROOT)}\n\n" + "\n".join(links) + "\n"


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Links to where the files are on these pages; lists in lists; the language of each piece."""
    source = page.file.src_uri
    here = "" if source in PAGES else "docs"

    def moved(found: re.Match[str]) -> str:
        begin, target, end = found.groups()
        path, hash_, anchor = target.partition("#")
        if "://" in path or not path or source.startswith("specs/"):
            return found[0]
        return f"{begin}{_place(normpath(f'{here}/{path}'.lstrip('/')))}{hash_}{anchor}{end}"

    return PIECE.sub(_as_here, LINK.sub(moved, markdown))


def _place(path: str) -> str:
    """Of a file of the repository, from the pages' top, where all pages with such links are."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path.startswith("specs"):
        return f"{path}/index.md" if (ROOT / path).is_dir() else f"{path}.md"
    return path


def _as_here(found: re.Match[str]) -> str:
    """Lists in lists begin after four spaces for mkdocs; and texts are coloured."""
    language, text = found.groups()
    if text is None:
        return "    "
    return found[0] if language else f"```{_language(text)}\n{text}```"


def _language(text: str) -> str:
    first = text.split("\n", 1)[0]
    word = (first.split() or [""])[0]
    if word == "$":
        return "console"
    line = first.startswith("  ") and word in LINES
    return "lenet" if word in WORDS or line or first.startswith("# ") else "text"


def on_post_page(output: str, page: Any, config: Any) -> str:
    """PluginError where a page would have its reader's browser ask somebody else."""
    if found := ELSEWHERE.search(output):
        raise PluginError(f"{page.file.src_uri} loads {found[1]}")
    return output

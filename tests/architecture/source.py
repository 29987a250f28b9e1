"""The project's own code and texts, as the rules of this directory look at them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

#: What runs in production: the core and its edges.
SERVED = ("scale", "workers", "api", "beat")
#: All packages, tests aside.
PACKAGES = (*SERVED, "launcher", "client", "chaos", "bench")

_NOT_OURS = {".git", ".venv", "var", "htmlcov", ".coverage"}


@dataclass(frozen=True)
class Module:
    """A Python file, by its path in the repository."""

    path: str
    text: str
    tree: ast.Module


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    """Return the modules of some packages, migrations aside."""
    return tuple(
        Module(str(path.relative_to(ROOT)), text, ast.parse(text, path))
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
        for text in [path.read_text("utf-8")]
    )


def our_files() -> Iterator[Path]:
    """Yield every file that belongs to the project, not what tools or runs leave in the clone."""
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        is_ours = parts[0] not in _NOT_OURS and not any(
            part == "__pycache__" or part.endswith("_cache") or part == ".hypothesis"
            for part in parts
        )
        if is_ours and path.is_file():
            yield path


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every string of a module with its line; what an f-string fills in shows as `?`."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(part) for part in node.values)
            pieces = [part.value if isinstance(part, ast.Constant) else "?" for part in node.values]
            yield node.lineno, "".join(map(str, pieces))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node.lineno, node.value


def table(path: Path, heading: str) -> list[list[str]]:
    """Return the rows of the first table below a heading of a Markdown file."""
    section = f"\n{path.read_text('utf-8')}".split(f"\n{heading}\n", 1)[1]
    rows: list[list[str]] = []
    for line in section.splitlines():
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            break
    return rows[2:]

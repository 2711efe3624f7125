"""Figures on how the package reads: names, density, and names that stand twice.

`python tests/support/house.py [FOLDER]` prints them; `tests/test_house.py` holds their bounds.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "cli",
    "configs",
    "ensemble",
    "extraction",
    "outputs",
    "prompts",
    "providers",
    "runs",
    "testing",
)
"""The folders of the package."""

# Participles that do not end in -ed. Those that are nouns or adjectives of the field as well
# (`cost`, `set`, `cut`, `open`, `read`, `split`, `left`, `lost`, `spent`) count too, except the
# ones that are verbs in their present form and so name functions rightly.
IRREGULAR = """
asked begun bought bound broken brought built caught chosen come done drawn driven fallen
felt fought found given gone got gotten grown heard held hidden kept known laid learnt led
left lent lost made meant met paid proven risen said seen sent shown shut slept sold spelt
spent spoken stolen stood struck sunk taken taught thought thrown told torn understood  woken
won worn woven written
"""
# Words in -ed that are no participles; `closed` is a kind of attribute, and `converged` the field's
# word for weights that have come to rest.
NO_PARTICIPLES = frozenset(
    {"need", "feed", "speed", "seed", "embed", "proceed", "exceed", "closed", "converged"}
)


@dataclass(frozen=True)
class Figures:
    """What was counted over some files.

    Attributes:
        lines: Lines of code: neither blank nor part of a docstring or comment.
        body_lines: Of these, the ones in bodies of functions.
        body_nodes: Nodes of the syntax trees of these bodies.
        comprehensions: List, set and dict comprehensions and generator expressions.
        participles: Bare participle -> how often it is bound as a name.
        modules: Top-level folder -> module name -> paths, where a name stands twice.
        classes: Class name -> paths, where it stands twice.
    """

    lines: int
    body_lines: int
    body_nodes: int
    comprehensions: int
    participles: Counter[str]
    modules: dict[str, dict[str, list[str]]]
    classes: dict[str, list[str]]

    @property
    def participles_per_1000(self) -> float:
        """Bindings of bare participles per 1,000 lines."""
        return 1000 * self.participles.total() / self.lines

    @property
    def nodes_per_line(self) -> float:
        """Nodes of the syntax tree per line, in bodies of functions."""
        return self.body_nodes / self.body_lines

    @property
    def comprehensions_per_1000(self) -> float:
        """Comprehensions per 1,000 lines."""
        return 1000 * self.comprehensions / self.lines


def is_bare_participle(name: str) -> bool:
    """Whether a name is a participle and nothing else; leading underscores do not count."""
    word = name.lstrip("_").lower()
    if word in NO_PARTICIPLES:
        return False
    return word in IRREGULAR.split() or (word.isalpha() and word.endswith("ed"))


def bound_names(tree: ast.AST) -> Iterator[str]:
    """Every name that a file binds: variables, parameters, fields, functions and classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def code_lines(source: str, tree: ast.AST) -> set[int]:
    """Numbers of the lines that hold code: neither blank nor comment nor docstring."""
    numbers = set()
    for number, line in enumerate(source.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            numbers.add(number)
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                numbers -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return numbers


def body_statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """The statements of all functions, docstrings left out; those of an inner one twice."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from node.body[1:] if ast.get_docstring(node) else node.body


def measure(root: Path = ROOT, folders: tuple[str, ...] = FOLDERS) -> Figures:
    """Count over all files of the package.

    Args:
        root: The checkout.
        folders: Its folders that are counted.
    """
    lines = 0
    body_lines = 0
    body_nodes = 0
    comprehensions = 0
    participles: Counter[str] = Counter()
    modules: dict[str, dict[str, list[str]]] = {}
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for folder in folders:
        names: defaultdict[str, list[str]] = defaultdict(list)
        for path in sorted((root / folder).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            tree = ast.parse(source)
            where = str(path.relative_to(root))
            numbers = code_lines(source, tree)
            lines += len(numbers)
            for statement in body_statements(tree):
                span = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
                body_lines += len(numbers.intersection(span))
                body_nodes += sum(1 for _ in ast.walk(statement))
            for node in ast.walk(tree):
                comprehensions += isinstance(
                    node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
                )
                if isinstance(node, ast.ClassDef):
                    classes[node.name].append(where)
            participles.update(name for name in bound_names(tree) if is_bare_participle(name))
            if path.name != "__init__.py":
                names[path.stem].append(where)
        modules[folder] = {name: paths for name, paths in names.items() if len(paths) > 1}
    return Figures(
        lines=lines,
        body_lines=body_lines,
        body_nodes=body_nodes,
        comprehensions=comprehensions,
        participles=participles,
        modules={folder: names for folder, names in modules.items() if names},
        classes={name: paths for name, paths in classes.items() if len(paths) > 1},
    )


def main() -> None:
    """Print the figures."""
    folders = tuple(sys.argv[1:]) or FOLDERS
    figures = measure(folders=folders)
    print(f"lines of code                          {figures.lines:>8,}")
    print(f"bare participles per 1,000 lines       {figures.participles_per_1000:>8.1f}")
    print(f"nodes a line in bodies of functions    {figures.nodes_per_line:>8.1f}")
    print(f"comprehensions per 1,000 lines         {figures.comprehensions_per_1000:>8.1f}")
    print("participles:", ", ".join(f"{n} {k}x" for n, k in figures.participles.most_common(40)))
    print("module names twice in a folder:", figures.modules or "none")
    print("class names twice:", figures.classes or "none")


if __name__ == "__main__":
    main()

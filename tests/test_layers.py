"""The import table of the design: a room imports only the rooms it may, function-local imports included."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "analysis" / "hepatrial"

ALL = {"*"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "contracts": set(),
    "units": set(),
    "study": {"contracts", "units"},
    "load": {"study", "contracts", "units"},
    "check": {"study", "contracts", "units"},
    "derive": {"study", "contracts", "units"},
    "estimate": set(),
    "results": {"contracts"},
    "analyse": {"study", "contracts", "estimate", "results"},
    "render": {"study", "contracts", "results"},
    "report": {"study", "contracts", "results", "render"},
    "simulate": {"study", "contracts", "units", "derive", "analyse", "results"},
    "validation": {"estimate", "results", "report"},
    "compare": {"contracts", "results", "derive", "report"},
    "run": ALL,
    "trace": ALL,
    "verify": ALL,
    "qualify": ALL,
    "cli": ALL,
    "__main__": {"cli"},
}
FENCED = {"lifelines": {"estimate"}, "statsmodels": {"estimate"}, "matplotlib": {"render"}}
OPENS_FILES = {"study", "load", "results", "report", "simulate", "run", "trace", "verify", "validation", "compare"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(path: Path) -> set[str]:
    """Absolute dotted names of every import in the file, relative ones resolved."""
    package = ["hepatrial", *path.relative_to(PACKAGE).with_suffix("").parts]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            up = package[: -node.level] if node.level else []
            base = ".".join([*up, *([node.module] if node.module else [])])
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_what_it_may(path):
    room = room_of(path)
    if room == "__init__":
        return
    assert room in MAY_IMPORT, f"{room} is not a room of the design"
    allowed = MAY_IMPORT[room] | {room, "errors", "__version__"}
    for name in imported_names(path):
        parts = name.split(".")
        if parts[0] == "hepatrial" and len(parts) > 1 and "*" not in allowed:
            assert parts[1] in allowed, f"{path} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_fenced_libraries_stay_in_their_room(path):
    room = room_of(path)
    for name in imported_names(path):
        if name.startswith("scipy.stats"):
            assert room == "estimate", f"{path} imports {name}"
        owner = FENCED.get(name.split(".")[0])
        assert owner is None or room in owner, f"{path} imports {name}"


def opens_a_file(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id == "open"
    verbs = {
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "read_csv",
        "to_csv",
        "to_parquet",
        "read_parquet",
    }
    return isinstance(node.func, ast.Attribute) and node.func.attr in verbs


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_are_opened_only_where_the_house_style_says(path):
    if room_of(path) in OPENS_FILES:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if opens_a_file(node)], f"{path} opens a file"


def test_the_walk_finds_planted_imports(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text("def f():\n    from hepatrial.render import x\n    import lifelines\n", encoding="utf-8")
    tree = ast.parse(planted.read_text(encoding="utf-8"))
    found = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert found == {"hepatrial.render"}

"""The floor plan: an import points only to a lower floor. Every import is read with `ast`, those inside functions too."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tinygrad_edu"

# Lowest first; a module may import from its own floor and from those before it.
FLOORS = [
    ["autodiff.advice"],
    ["autodiff.mistakes", "autodiff.recording", "autodiff.foreign"],
    ["autodiff.constant", "autodiff.pytree"],
    ["autodiff.primitive"],
    ["autodiff.operations.slopes"],
    ["autodiff.operations.functions", "autodiff.operations.shapes"],
    ["autodiff.operations"],
    ["autodiff.careful"],
    ["autodiff.walk"],
    ["autodiff.value", "autodiff.anomaly", "autodiff.indeterminate"],
    ["autodiff"],
    ["storage"],
    ["program"],
    ["network"],
    ["learning"],
    ["checking"],
    ["drawing"],
    ["lecture.section"],
    ["lecture.page", "lecture.one_weight", "lecture.two_weights", "lecture.four_by_four", "lecture.photographs",
     "lecture.backprop", "lecture.deep", "lecture.minima", "lecture.fitting", "lecture.early_stopping", "lecture.vae",
     "lecture.gan", "lecture.pole_balancing", "lecture.reinforcement"],
    ["lecture"],
    ["exercises"],
    ["running"],
    ["cli"],
    [""],
]
FORBIDDEN_NAMES = {"utils", "util", "misc", "helpers", "helper", "common"}


def floor(module: str) -> int:
    """The floor of a module named within the package: that of the longest entry that is it or contains it."""
    entries = [(len(entry), n) for n, floor in enumerate(FLOORS) for entry in floor
               if module == entry or module.startswith(entry + ".") or entry == ""]
    return max(entries)[1]


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str) -> set[str]:
    """The modules that a source imports, wherever in it, but not those imported for the type checker alone."""
    tree, found = ast.parse(source), set()
    typing_only = {id(node) for block in ast.walk(tree)
                   if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING" for node in ast.walk(block)}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they point"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if is_module(name) else node.module for name in names}
    return found


def is_module(name: str) -> bool:
    path = PACKAGE.parent / Path(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def ours(source: str) -> set[str]:
    return {name.removeprefix("tinygrad_edu").removeprefix(".") for name in imports(source) if name.split(".")[0] == "tinygrad_edu"}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_an_import_points_only_to_a_lower_floor(path):
    above = [name for name in ours(path.read_text()) if floor(name) > floor(name_of(path))]
    assert not above, f"{name_of(path)} imports {above} from a floor above it"


def test_an_import_that_points_up_is_found_even_inside_a_function():
    source = "def f():\n    from tinygrad_edu.network.layer import Network\n"
    assert ours(source) == {"network.layer"}
    assert floor("network.layer") > floor("autodiff.value") > floor("autodiff.walk") > floor("autodiff.operations.products")


def test_the_hand_derivation_imports_nothing_but_numpy():
    assert imports((PACKAGE / "network" / "delta.py").read_text()) <= {"__future__", "numpy"}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_matplotlib_and_graphviz_stay_below_drawing(path):
    roots = {name.split(".")[0] for name in imports(path.read_text())}
    if "drawing" not in path.parts and path.name != "photographs.py":  # which reads a picture that matplotlib ships
        assert not roots & {"matplotlib", "graphviz", "graphviz_pure"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "autodiff").rglob("*.py")), ids=name_of)
def test_the_engine_has_not_one_neural_network_word_in_its_names(path):
    tree = ast.parse(path.read_text())
    names = {node.name.lower() for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert not [name for name in names if any(word in name for word in ("network", "layer", "epoch", "learning_rate"))
                and name != "_layers"]


def test_no_room_is_called_utils():
    assert not [path for path in PACKAGE.rglob("*") if path.stem in FORBIDDEN_NAMES]


def test_a_folder_with_more_than_four_files_says_which_to_open():
    for folder in [PACKAGE, *[path for path in PACKAGE.rglob("*") if path.is_dir()]]:
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(files) <= 4 or (folder / "README.md").exists(), f"{folder.name} needs a README.md"

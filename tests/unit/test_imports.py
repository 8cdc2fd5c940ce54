"""The direction of imports is the architecture (docs/architecture.md, "Layers"): read it from the code itself."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "ocpilot"
LAYERS = (
    {"base"},
    {"wire"},
    {"roaming", "pricing", "metering"},
    {"billing"},
    {"app"},
    {"store", "http", "api", "ocpp", "cards", "simulator", "web", "mock", "check", "cli", "mail"},
    {"demo"},
    {"main"},
)
#: Folders of app/; "" are the files of app itself.
FOLDERS = (
    *("kept", "logs", "", "ocpi", "stations", "charges", "orders", "cdrs", "transactions", "sites", "partners", "hub"),
    *("customers", "drivers", "guests", "invoicing", "books", "cards", "office", "work"),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
FILES = sorted(path for path in SOURCE.rglob("*.py") if "node_modules" not in path.parts)
#: The words in which a version may be named outside wire/: the enum itself and text a person reads.
VERSION_PACKAGES = {"v211", "v221"}


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise AssertionError(f"{path}: relative import; write ocpilot.{package_of(path)}...")
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("ocpilot.")}


def test_every_package_has_its_place() -> None:
    found = {package_of(path) for path in FILES} - {"__init__", "__main__", "locale"}
    assert found <= set(RANK), f"not in the layers: {found - set(RANK)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_down_and_never_to_a_sibling(path: Path) -> None:
    here = package_of(path)
    if here in {"__init__", "__main__"}:
        return
    for name in imported(path):
        there = name.split(".")[1]
        if there == here or there not in RANK:
            continue
        assert RANK[there] < RANK[here], f"{path.relative_to(SOURCE)} imports {name}"


def folder_of(parts: tuple[str, ...]) -> str:
    return parts[1] if len(parts) > 1 and parts[1] in FOLDERS else ""


@pytest.mark.parametrize("path", sorted((SOURCE / "app").rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_folders_of_app_import_from_those_before_them(path: Path) -> None:
    here = folder_of(path.relative_to(SOURCE).parent.parts)
    for name in imported(path):
        if name.startswith("ocpilot.app."):
            there = folder_of(tuple(name.split(".")[1:]))
            assert FOLDERS.index(there) <= FOLDERS.index(here), f"{path.relative_to(SOURCE)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_wire_names_the_classes_of_an_older_version(path: Path) -> None:
    if package_of(path) == "wire":
        return
    for name in imported(path):
        assert not VERSION_PACKAGES & set(name.split(".")), f"{path.relative_to(SOURCE)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_over_500_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 500


@pytest.mark.parametrize("path", sorted((SOURCE / "simulator").glob("*.py")), ids=lambda path: path.name)
def test_simulated_stations_share_nothing_but_the_base_with_the_platform(path: Path) -> None:
    """They would hide the gateway's mistakes otherwise."""
    assert {name.split(".")[1] for name in imported(path)} <= {"base", "simulator"}


def test_the_classes_of_the_ocpp_package_are_for_simulated_stations_only() -> None:
    for path in FILES:
        modules = {
            node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        uses = any(str(name).split(".")[0] == "ocpp" for name in modules)
        assert not uses or package_of(path) == "simulator", f"{path.relative_to(SOURCE)} imports ocpp"

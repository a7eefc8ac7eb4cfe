"""Packages and megabytes that each extra brings, from what is installed here.

    python benchmarks/install_size.py

Prints the table of docs/install.md. Nothing is downloaded: the sizes are those of the installed
files, and an extra of which a package is not installed is left out with a word.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

EXTRAS = ("", "dvc", "s3", "paper", "study", "dicom", "heif", "medmnist", "volumes", "ray", "all")
CUDA = ("nvidia-", "cuda-", "triton")  # of the builds of torch for a GPU


def closure(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> set[str]:
    """Names of all distributions that a distribution with extras brings, itself included."""
    if (name, extras) in seen:
        return set()
    seen.add((name, extras))
    found = {name}
    for text in distribution(name).requires or ():
        need = Requirement(text)
        wanted = [need.marker is None or need.marker.evaluate({"extra": one}) for one in extras]
        if any(wanted):
            found |= closure(canonical(need.name), frozenset(need.extras or {""}) | {""}, seen)
    return found


def canonical(name: str) -> str:
    """A name as packages are compared by."""
    return name.lower().replace("_", "-").replace(".", "-")


def megabytes(name: str) -> float:
    """Size of the installed files."""
    files = distribution(name).files or ()
    return sum(file.locate().stat().st_size for file in files if file.locate().is_file()) / 2**20


def main() -> None:
    """Print the table."""
    print("| extra | packages | MB | of which CUDA, MB |\n|---|---|---|---|")
    for extra in EXTRAS:
        try:
            names = closure("deri-gate", frozenset({"", extra}), set()) - {"deri-gate"}
        except PackageNotFoundError as error:
            print(f"| {extra} | {error.name} is not installed | | |")
            continue
        sizes = {name: megabytes(name) for name in names}
        cuda = sum(size for name, size in sizes.items() if name.startswith(CUDA))
        print(f"| {extra or 'none'} | {len(names)} | {sum(sizes.values()):.0f} | {cuda:.0f} |")


if __name__ == "__main__":
    main()

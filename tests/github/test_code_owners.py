"""Owners by CODEOWNERS: the cases of GitHub's own page, and what a team writes of its pools."""

from __future__ import annotations

import pytest

from deri_gate.github.code_owners import owners_in, owners_of

POOL = "reference_pool/mine/pool.json"


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [  # the first ten: https://docs.github.com, "About code owners"
        ("*", "any/file.txt", True),
        ("*.js", "src/app.js", True),
        ("*.js", "src/app.jsx", False),
        ("/build/logs/", "build/logs/deep/x.log", True),
        ("/build/logs/", "src/build/logs/x.log", False),
        ("docs/*", "docs/getting-started.md", True),
        ("docs/*", "docs/build-app/troubleshooting.md", False),
        ("apps/", "src/apps/x.py", True),
        ("/docs/", "docs/a/b.md", True),
        ("**/logs", "deeply/nested/logs/x", True),
        ("/reference_pool/", POOL, True),
        ("reference_pool", POOL, True),
        ("/reference_pool/mine/", POOL, True),
        ("/reference_pool/other/", POOL, False),
        ("/reference_pool/**", POOL, True),
        ("/reference_pool/*/pool.json", POOL, True),
        ("reference_pool/mine", "reference_pool/mine-too/pool.json", False),
        ("/pool.json", POOL, False),
        ("reference.pool/", POOL, False),
    ],
)
def test_a_pattern_fits_as_github_says(pattern, path, fits) -> None:
    assert owners_of(path, [f"{pattern} @us"]) == (["@us"] if fits else [])


def test_the_last_line_that_fits_counts(tmp_path) -> None:
    """It may name nobody; a comment names nobody; each owner is named once."""
    (tmp_path / "CODEOWNERS").write_text(
        "* @all\n# /reference_pool/ @nobody\n/reference_pool/mine/ @x @y # why\n"
        "/reference_pool/free/\n"
    )

    assert owners_in(tmp_path, [POOL]) == ["@x", "@y"]
    assert owners_in(tmp_path, ["reference_pool/free/pool.json"]) == []
    assert owners_in(tmp_path, ["a", POOL, "b"]) == ["@all", "@x", "@y"]
    assert owners_in(tmp_path / "none", [POOL]) == []

"""Places of images on the map, by their main components or by UMAP."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from deri_gate.errors import SettingError
from deri_gate.reports.plots.projection import check_projection, projected


def three_kinds(count: int = 40, width: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Points around three far centres, and which of them each is from."""
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.arange(3), count)
    return (9 * rng.normal(size=(3, width)))[kinds] + rng.normal(size=(3 * count, width)), kinds


def test_main_components_are_those_of_scikit_learn() -> None:
    """But for the signs, which are arbitrary."""
    rows, _ = three_kinds()
    oracle = PCA(2, svd_solver="full").fit_transform(rows)

    assert np.abs(np.abs(projected(rows, "pca")) - np.abs(oracle)).max() < 1e-6


@pytest.mark.parametrize("given", ["tsne", "", "umaps"])
def test_another_name_is_refused(given: str) -> None:
    with pytest.raises(SettingError, match="there is no projection"):
        check_projection(given)


def test_too_few_images_for_umap_are_drawn_all_the_same() -> None:
    rows, _ = three_kinds(2)

    assert np.array_equal(projected(rows, "umap"), projected(rows, "pca"))


@pytest.mark.slow
def test_umap_keeps_kinds_together_and_is_repeatable() -> None:
    """Needs the extra, and a minute in which it compiles itself."""
    pytest.importorskip("umap.umap_", reason="the extra umap is not installed")
    rows, kinds = three_kinds()
    places = projected(rows, "umap")
    gaps = np.linalg.norm(places[:, None] - places, axis=-1)
    np.fill_diagonal(gaps, np.inf)

    assert (kinds[gaps.argmin(axis=1)] == kinds).all()
    assert np.array_equal(places, projected(rows, "umap"))

"""Images that tests of a change name: which test's values stand below them."""

from types import SimpleNamespace

from deri_gate.changes.records import ChangeTest, Matching
from deri_gate.reports.exhibits.changed import change_exhibits

IMAGES = ("a.png", "b.png")


def found(about: str, p: float) -> ChangeTest:
    return ChangeTest(
        name=f"added.{about}", title=f"New images: {about}", kind="added", about=about,
        direction="worse", count=2, effect=0.5, p=p, adjusted_p=p, images=IMAGES, sentence=about,
    )  # fmt: skip


def test_images_of_several_tests_have_the_values_of_the_surest() -> None:
    """Resolution failed, and each image stood with its sharpness, of which nothing was said."""
    tests = (
        found("sharpness", 0.014), found("resolution", 0.0001), found("imbalance", 0.00001),
    )  # fmt: skip
    matching = Matching(added=IMAGES)
    change = SimpleNamespace(shown_tests=tests, matching=matching)
    side = SimpleNamespace(
        metrics=("sharpness", "resolution"),
        value_text=lambda about, _: about,
        label=lambda _: "cat",
    )

    (shown,) = change_exhibits(change, side, side)

    assert shown.title == "New images: sharpness, resolution, imbalance"
    assert [tile.facts for row in shown.rows for tile in row.tiles] == [("resolution", "cat")] * 2

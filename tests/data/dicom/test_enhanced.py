"""Enhanced objects keep rescale and window in functional groups, shared or frame by frame."""

import numpy as np
import pydicom
import pytest

from deri_gate.data.decoding import decode
from deri_gate.errors import UnreadableImageError

RAMP = np.arange(0, 2400, 7, dtype=np.uint16).reshape(1, 1, -1).repeat(3, 0)
RESCALE = {"RescaleSlope": "1", "RescaleIntercept": "-1024"}
WINDOW = {"WindowCenter": "40", "WindowWidth": "400"}


def group(items, **macros: object) -> pydicom.Dataset:
    one = pydicom.Dataset()
    for name, value in macros.items():
        setattr(one, name, items(**value))
    return one


def classic(make, frame: int = 0, **tags: object) -> np.ndarray:
    return decode(make(RAMP[frame], **tags), "x")


def test_shared_groups_show_what_a_classic_file_shows(make, items) -> None:
    """Without them CT was one flat grey."""
    shared = group(items, PixelValueTransformationSequence=RESCALE, FrameVOILUTSequence=WINDOW)
    content = make(RAMP, SharedFunctionalGroupsSequence=pydicom.Sequence([shared]))

    picture = decode(content, "x")
    np.testing.assert_array_equal(picture, classic(make, **RESCALE, **WINDOW))
    assert picture.std() > 40


def test_each_frame_has_its_own_groups(make, items) -> None:
    """The frame's own come before the shared ones."""
    windows = [{"WindowCenter": str(c), "WindowWidth": "300"} for c in (0, 300, 900)]
    shared = group(items, PixelValueTransformationSequence=RESCALE, FrameVOILUTSequence=WINDOW)
    own = [group(items, FrameVOILUTSequence=window) for window in windows]
    content = make(
        RAMP,
        SharedFunctionalGroupsSequence=pydicom.Sequence([shared]),
        PerFrameFunctionalGroupsSequence=pydicom.Sequence(own),
    )

    for frame, window in enumerate(windows):
        expected = classic(make, frame, **RESCALE, **window)
        np.testing.assert_array_equal(decode(content, "x", frame), expected)


def test_groups_with_other_things_leave_the_top_level_in_force(make, items) -> None:
    """An item without a window does not hide the file's own."""
    shared = group(items, FrameVOILUTSequence={}, PixelMeasuresSequence={"SliceThickness": "1"})
    tags = {"SharedFunctionalGroupsSequence": pydicom.Sequence([shared]), **RESCALE, **WINDOW}

    np.testing.assert_array_equal(
        decode(make(RAMP, **tags), "x"), classic(make, **RESCALE, **WINDOW)
    )


def test_the_voi_function_comes_with_its_window(make, items) -> None:
    """A sigmoid beside the window in the same item."""
    window = {**WINDOW, "VOILUTFunction": "SIGMOID"}
    shared = group(items, FrameVOILUTSequence=window, PixelValueTransformationSequence=RESCALE)
    content = make(RAMP, SharedFunctionalGroupsSequence=pydicom.Sequence([shared]))

    np.testing.assert_array_equal(decode(content, "x"), classic(make, **RESCALE, **window))


@pytest.mark.parametrize("empty", [[], [pydicom.Dataset()]], ids=["no item", "an empty item"])
def test_empty_groups_are_no_groups(make, empty: list[pydicom.Dataset]) -> None:
    """Full range, as of any file without a window."""
    content = make(
        RAMP,
        SharedFunctionalGroupsSequence=pydicom.Sequence(empty),
        PerFrameFunctionalGroupsSequence=pydicom.Sequence(empty),
    )

    np.testing.assert_array_equal(decode(content, "x"), classic(make))


FRAMES = np.stack([np.full((2, 3), 1000 * (i + 1), np.uint16) for i in range(4)])


@pytest.mark.parametrize(
    ("frame", "shown"), [(None, 0), ("first", 0), ("middle", 2), (0, 0), (1, 1), (3, 3)]
)
def test_the_frame_that_is_asked_for_is_shown(make, frame, shown: int) -> None:
    """The first unless another is asked for."""
    picture = decode(make(FRAMES), "x", frame)

    np.testing.assert_array_equal(picture, np.rint(FRAMES[shown] / 65535 * 255))


def test_a_frame_that_is_not_there_is_refused(make) -> None:
    """With the number that there are."""
    with pytest.raises(UnreadableImageError, match="has no frame 5; it has 4"):
        decode(make(FRAMES), "x", 4)


def test_more_frames_than_the_file_holds_are_refused(make) -> None:
    """A declared number is no promise."""
    with pytest.raises(UnreadableImageError):
        decode(make(FRAMES, NumberOfFrames=9), "x", 8)
    with pytest.raises(UnreadableImageError, match="2,000,000 frames, more than"):
        decode(make(FRAMES, NumberOfFrames=2_000_000), "x")

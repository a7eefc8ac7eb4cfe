"""Files that go on behind the end of their picture, with another one or an archive."""

from __future__ import annotations

import re

GOES_ON = 4  # a bit beside `CLEAR` and `TURNED`
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_BEGINS = b"|".join(map(re.escape, (_JPEG, _PNG, b"GIF87a", b"GIF89a", b"PK\x03\x04", b"RIFF")))
_ENDS = ((_JPEG, b"\xff\xd9"), (_PNG, b"IEND\xaeB`\x82"))
_LISTED = b"MPF\0"  # these pictures are counted by their list, which lies in the first one


def goes_on(content: bytes) -> bool:
    """True for a JPEG or PNG behind whose end another picture, or a zip, begins at once.

    Args:
        content: The whole file.
    """
    end = next((end for start, end in _ENDS if content.startswith(start)), b"")
    if not end or not 0 <= content.find(end) < len(content) - len(end):
        return False  # as nearly all files are: the first end is the last of the file
    found = re.search(re.escape(end) + b"(?:" + _BEGINS + b")", content)
    return found is not None and _LISTED not in content[: found.start()]

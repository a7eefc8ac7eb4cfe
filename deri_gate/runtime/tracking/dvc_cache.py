"""DVC's cache on this machine: where its files lie, and which paths are such files."""

from __future__ import annotations

import configparser
import os
import re
from dataclasses import dataclass
from pathlib import Path

from deri_gate.errors import DatasetError
from deri_gate.runtime.hashing import file_md5
from deri_gate.runtime.tracking.dvc import FOLDER, checked_md5

FETCH = "Run `dvc fetch --all-commits`, which brings the files of earlier revisions too."
CONFIG, LOCAL = "config", "config.local"
_KEPT = re.compile(r"(files/md5/)?[0-9a-f]{2}/[0-9a-f]{30}(\.dir)?")


@dataclass(frozen=True)
class DvcCache:
    """A DVC repository's cache, which may have been put elsewhere or be shared.

    Attributes:
        root: The DVC repository, for advice.
        folder: The cache.
    """

    root: Path
    folder: Path

    def place(self, md5: str, *, plain: bool) -> Path:
        """Path of a content in the cache.

        Raises:
            DatasetError: If that is no MD5.
        """
        start = self.folder / "files" / "md5" if plain else self.folder
        checked_md5(md5, str(self.root))
        return start / md5[:2] / md5[2:]

    def file(self, md5: str, *, plain: bool) -> Path:
        """Path of a content that is there, and that is what its name says.

        A folder in the repository may be the cache, so that a pull request can write there.

        Raises:
            DatasetError: If it was not fetched, or is damaged.
        """
        path = self.place(md5, plain=plain)
        try:
            with path.open("rb") as file:
                own = file_md5(file)
        except OSError as error:
            what = f"DVC's cache lacks a file (MD5 {md5})"
            raise DatasetError(what, self.root, FETCH) from error
        if plain and own != md5.removesuffix(".dir"):
            fix = "Delete that file, and run `dvc fetch --all-commits`."
            raise DatasetError(f"DVC's cache holds another content under MD5 {md5}", path, fix)
        return path

    def holds(self, path: str) -> bool:
        """True if a path, all links followed, is named as DVC names what it keeps here.

        Not merely any path below the folder: a repository's own configuration says where the
        cache is, and must not open the whole machine to links.
        """
        try:
            inner = Path(path).relative_to(os.path.realpath(self.folder))
        except ValueError:
            return False
        return _KEPT.fullmatch(inner.as_posix()) is not None


def cache_of(root: Path, configured: bytes | None) -> DvcCache:
    """The cache of a DVC repository.

    Args:
        root: The repository's folder on this machine.
        configured: Content of its `.dvc/config`, of the commit that is read, perhaps; what
            this machine adds in `config.local` and the user's own settings comes on top.
    """
    dvc_folder = root / FOLDER
    folder = dvc_folder / "cache"
    for content, base in (
        *((_content(place / CONFIG), place) for place in _users_folders()),
        (configured, dvc_folder),
        (_content(dvc_folder / LOCAL), dvc_folder),
    ):
        said = _cache_folder(content)
        if said:
            folder = base / Path(said).expanduser()
    return DvcCache(root, Path(os.path.normpath(folder)))


def cache_here(root: Path) -> DvcCache:
    """The cache of a DVC repository as its working tree configures it."""
    return cache_of(root, _content(root / FOLDER / CONFIG))


def _users_folders() -> list[Path]:
    """Folders of settings for all repositories of a machine and a user, as DVC looks for them."""
    from platformdirs import site_config_dir, user_config_dir  # noqa: PLC0415  # not where a hosted runner only looks

    site = os.environ.get("DVC_SYSTEM_CONFIG_DIR") or site_config_dir("dvc", "iterative")
    user = os.environ.get("DVC_GLOBAL_CONFIG_DIR") or user_config_dir("dvc", "iterative")
    return [Path(site), Path(user)]


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def remote_addresses(root: Path) -> list[str]:
    """Addresses of the remotes that a working tree configures; none where it cannot be read."""
    settings = _settings(_content(root / FOLDER / CONFIG))
    remotes = (name for name in settings.sections() if name.strip("'").startswith("remote "))
    return [_value(settings, remote, "url") for remote in remotes]


def _cache_folder(content: bytes | None) -> str:
    return _value(_settings(content), "cache", "dir")


def _settings(content: bytes | None) -> configparser.ConfigParser:
    """Settings of DVC; none of a file that it could not read either."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string((content or b"").decode("utf-8", errors="replace"))
    except configparser.Error:
        return configparser.ConfigParser(interpolation=None)
    return parser


def _value(settings: configparser.ConfigParser, section: str, key: str) -> str:
    return settings.get(section, key, fallback="").strip().strip("\"'")

"""Sources of contents: the remotes that the base configures, and no others."""

from __future__ import annotations

import logging
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deri_gate.errors import DeriGateError
from deri_gate.runtime.extras import extra

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REACH = "Look whether the remote is reachable from here, and whether `dvc push` was run."
NO_REMOTE = "A branch's own is not used: merge a default remote first, and `dvc push` to it."
AT_ONCE = 500  # files asked for in one go


class Remotes:
    """DVC's remotes as a trusted configuration names them; opened when first needed."""

    def __init__(self, configured: bytes | None, own: Path, local: bytes | None) -> None:
        """Keep what configures them.

        Args:
            configured: Content of the base's `.dvc/config`; None where the base has none.
            own: The folder `.dvc` that relative paths in it are relative to.
            local: Content of this machine's own `config.local`.
        """
        self._configured, self._own, self._local = configured, own, local
        self._opened: dict[str, tuple[Any, str]] = {}

    def download(self, wanted: Sequence[tuple[str, Path]], *, plain: bool, name: str) -> None:
        """Get contents into files that are not there yet; they are yet to be checked.

        Args:
            wanted: DVC's MD5 of each, and where it goes.
            plain: If these are MD5 of the bytes themselves, which DVC keeps apart.
            name: The remote's; "" for the default one.

        Raises:
            DeriGateError: If they cannot be had.
        """
        with _quiet():
            try:
                system, root = self._remote(name)
                start = (root, "files", "md5") if plain else (root,)
                for i in range(0, len(wanted), AT_ONCE):
                    some = wanted[i : i + AT_ONCE]
                    places = [system.join(*start, md5[:2], md5[2:]) for md5, _ in some]
                    system.get(places, [str(file) for _, file in some], batch_size=system.jobs)
            except DeriGateError:
                raise
            except Exception as error:  # DVC and each of its file systems raise their own
                raise DeriGateError(f"DVC cannot get it ({_said(error)})", "", REACH) from error

    def _remote(self, name: str) -> tuple[Any, str]:
        if name not in self._opened:
            with extra("dvc"):
                from dvc.fs import get_cloud_fs  # noqa: PLC0415  # seconds

            config = self._merged()
            chosen = name or config["core"].get("remote")
            if not chosen:
                raise DeriGateError("the base configures no DVC remote", ".dvc/config", NO_REMOTE)
            kind, settings, root = get_cloud_fs(config, name=chosen)
            if settings.get("worktree") or settings.get("version_aware"):
                fix = "Run `dvc pull` in a step before, with a configuration that you trust."
                raise DeriGateError("a cloud-versioned remote is not read", str(chosen), fix)
            self._opened[name] = kind(**settings), root
        return self._opened[name]

    def _merged(self) -> Any:
        """Merge the settings of the machine, the base, and the machine for this repository."""
        with extra("dvc"):
            from dvc.config import Config, merge  # noqa: PLC0415  # seconds

        config: Any = Config(validate=False)
        with tempfile.TemporaryDirectory(prefix="deri-gate-") as folder:
            for number, content in enumerate((self._configured, self._local)):
                file = Path(folder) / f"config{number}"
                file.write_bytes(content or b"")
                said = Config.load_file(str(file))
                merge(config, Config._load_paths(said, str(self._own / "config")))  # noqa: SLF001
        return config.validate(dict(config))


def _said(error: Exception) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:300]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep DVC from writing to standard output, which is the report's."""
    log = logging.getLogger("dvc")
    handlers, log.handlers = log.handlers, [logging.NullHandler()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of what DVC imports
            yield
    finally:
        log.handlers = handlers

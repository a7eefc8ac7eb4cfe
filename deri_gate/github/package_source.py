"""Source of this package for the workflows of a repository: an index, git, or a wheel."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution

from deri_gate import __version__
from deri_gate.errors import SettingError

PACKAGE = "deri-gate[dvc]"  # the pipeline and `ci fetch` need DVC
WITH_REMOTE = "deri-gate[dvc,s3]"  # a remote of S3 as well
WITH_STUDY = "deri-gate[dvc,s3,study]"  # networks and plots as well, and a remote of S3
PINNED = f"{PACKAGE}=={__version__}"
INDEX = "index"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # torch without CUDA
SAFE = re.compile(r"[\w.+:/@%~=-]+")  # nothing that YAML, a shell or a workflow reads
GIT = re.compile(r"git\+(?:https|ssh)://[^@]+(?:@[^@/]+/[^@]+)?@[^@/][^@]*")  # with a revision
BRANCH = re.compile(  # by its usual name, or a full name of no tag; each run installs another one
    r"main|master|head|develop|dev|trunk|refs/(?!tags/).*|(heads|remotes|origin)/.*", re.IGNORECASE
)
WHEEL = re.compile(r"(?:https://|/|[A-Za-z]:/).+\.whl")
VERSION = re.compile(r"deri-gate==[\w.+-]+")
FIX = (
    f"Give `{INDEX}` ({PINNED}), a version such as deri-gate=={__version__}, "
    "git+https://HOST/OWNER/deri-gate@REVISION (a commit or a tag), or the address or absolute "
    "path of a wheel."
)


def requirement_of(source: str) -> str:
    """Requirement that pip installs in a workflow.

    Git without a revision is refused, as each run would install something else, and so is the
    usual name of a branch, or its full one. So is a path in the checkout, where a pull request
    could change its own judge.

    Args:
        source: `index`, a version, an address of git with a revision, or a wheel.

    Raises:
        SettingError: If it is none of them.
    """
    if source == INDEX:
        return PINNED
    if not SAFE.fullmatch(source):
        raise SettingError(f"{source!r} is no source of the package", "--source", FIX)
    if VERSION.fullmatch(source):
        return source.replace("deri-gate", PACKAGE, 1)
    if GIT.fullmatch(source) and not BRANCH.fullmatch(source.rpartition("@")[2].split("~")[0]):
        return f"{PACKAGE} @ {source}"
    if WHEEL.fullmatch(source):
        address = source if "://" in source else f"file://{'' if source[0] == '/' else '/'}{source}"
        return f"{PACKAGE} @ {address}"
    raise SettingError(f"{source!r} is no source of the package", "--source", FIX)


def source_values(source: str, *, s3: bool) -> dict[str, str]:
    """Requirements in the templates of workflows: of the gate, of drift, and of a pool's study.

    Args:
        source: `index`, a version, git with a revision, or a wheel.
        s3: If DVC's files lie on S3, so that the gate fetches from there.

    Raises:
        SettingError: If it is no source of the package.
    """
    requirement = requirement_of(source)
    gate = WITH_REMOTE if s3 else PACKAGE
    packages = {"SOURCE": gate, "REMOTE": WITH_REMOTE, "STUDY": WITH_STUDY}
    return {
        key: json.dumps(requirement.replace(PACKAGE, package, 1))
        for key, package in packages.items()
    }


def is_local(source: str | None) -> bool:
    """True for a wheel that lies on one machine."""
    return source is not None and " @ file://" in requirement_of(source)


def installed_source() -> str | None:
    """Source that the running package was installed from; None for a local folder or file."""
    try:
        said = distribution("deri-gate").read_text("direct_url.json")
    except PackageNotFoundError:
        return None  # run from its source
    if said is None:
        return INDEX
    direct = json.loads(said)
    address, git = str(direct.get("url", "")), direct.get("vcs_info")
    source = f"git+{address}@{git.get('commit_id')}" if isinstance(git, dict) else address
    try:
        requirement_of(source)
    except SettingError:
        return None
    return None if address.startswith("file:") else source

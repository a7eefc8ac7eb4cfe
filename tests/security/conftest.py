"""Repositories with git, DVC and a gate, made as for the tests of pull requests."""

from ..github.conftest import Repository, guarded, repository, template

__all__ = ["Repository", "guarded", "repository", "template"]

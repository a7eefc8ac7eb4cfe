"""YAML that people and programs hand in, held to the rules of `strict`."""

from __future__ import annotations

from typing import Any

from deri_gate.runtime.strict import check_plain, parts_of


def strict_yaml(content: bytes) -> Any:
    """YAML in UTF-8 that could be JSON: keys are words, numbers are finite, no key occurs twice.

    Raises:
        ValueError: If it is not; says what to quote.
    """
    document = _yaml(content)
    check_plain(document)
    return document


def bounded_yaml(content: bytes) -> Any:
    """YAML in UTF-8 with whatever types it has, as other programs write it; bounded all the same.

    Raises:
        ValueError: If it is none, or holds itself, or grows beyond reason by its aliases.
    """
    document = _yaml(content)
    for _ in parts_of(document):
        pass
    return document


def _yaml(content: bytes) -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415 - most runs read no YAML, and it takes a while
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return YAML(typ="safe", pure=True).load(content.decode("utf-8"))
    except YAMLError as error:
        raise ValueError(f"is not YAML: {' '.join(str(error).split())[:200]}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except (AttributeError, KeyError, TypeError, AssertionError) as error:
        raise ValueError("is not YAML: a tag or a mark in it makes no sense") from error

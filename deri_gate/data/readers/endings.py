"""Endings of manifests: tables of images, as which a dataset may be given."""

from __future__ import annotations

TEXTS = (".csv", ".tsv", ".tab")
LINES = (".jsonl", ".ndjson")
TEXT_TABLES = (*TEXTS, *LINES)  # which never hold the images themselves
MANIFESTS = (*TEXT_TABLES, ".parquet")

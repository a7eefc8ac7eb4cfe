"""Columns of a table of results, with their types."""

from __future__ import annotations

COLUMNS = {
    "dataset": "string",
    "fingerprint": "string",  # of the images trained on and asked
    "preset": "string",
    "group": "string",  # of the training images; a scenario's is that of the images asked
    "level": "string",
    "architecture": "string",
    "seed": "Int64",
    "balanced_accuracy": "Float64",
    "accuracy": "Float64",
    "auc": "Float64",
    "reason": "string",  # why one of these is null
    "recalls": "string",  # JSON: class to recall or null
    "images": "Int64",  # trained on
    "asked": "Int64",  # validation images
    "epochs": "Int64",
    "size": "Int64",
    "batch": "Int64",  # in the end
    "device": "string",  # in the end
    "retries": "Int64",  # for lack of memory
    "code": "string",
    "recipe": "string",
}

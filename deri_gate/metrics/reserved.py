"""Names that no metric may have, as something else has them where metrics are named too."""

# Fields of a picture's record, columns of images.parquet, rows of the gate, tests of changes, drift
# features, and words of --metrics. A test compares them with what there is.
RESERVED = frozenset({
    "all", "ambiguous_names", "baseline_copies", "baseline_near_copies", "bits", "black",
    "blank_part", "blocks", "blue_tint", "blur", "blurred", "border", "border_share", "box",
    "box_share", "bright", "brightness", "channels", "chroma", "class_by_file", "class_by_look",
    "class_by_metadata", "classes", "coding", "colour", "colour_cast", "colourfulness",
    "colourless", "composition", "compressed", "compression", "conflicting_copies", "confounding",
    "constant_share", "contradictions", "contrast", "corner_shade", "coverage", "dark",
    "dark_corners", "data", "denied_elsewhere", "denied_share", "density", "detail", "divided",
    "divided_share", "duplicate_group", "duplicate_kind", "duplicate_of", "effective_resolution",
    "embedding", "equipment", "exact_copies", "faint_share", "few_levels", "finer_down", "flat",
    "flat_share", "format", "grainy_share", "grid", "group", "groups", "height", "high",
    "hollow_share", "ignored_share", "intensity", "interlacing", "inverted", "label",
    "leaked_copies", "leaked_groups", "leaked_images", "leaked_patients", "leaks",
    "likely_contradictions", "lines", "low", "low_contrast", "low_resolution", "mask_fit",
    "mask_mass_accuracy", "mask_positive_ratio", "mask_rank_accuracy", "masks", "missing_labels",
    "month", "narrow", "narrow_share", "nearest_images", "new_classes", "noise", "noise_floor",
    "noisy", "novelty", "orientation", "otherwise", "outlier_score", "painted", "path", "peaks",
    "private_share", "protocol", "quality_gap_irof", "quality_gap_pixel_flipping", "reasons",
    "red_tint", "scarcity", "second_shot", "second_shots", "shape", "shortcut", "shown", "size",
    "smear", "softness", "software", "spikes", "split", "split_by_look", "split_by_metadata",
    "start", "steps", "suggested_label", "suggested_probability", "suspect_for", "template_share",
    "thumbnail", "traced_share", "traces", "two_levels", "uneven", "uneven_levels", "uniform_share",
    "unjudged", "unjudged_share", "unreadable", "unreadable_share", "unusable_mask",
    "unusable_masks", "white", "width",
})  # fmt: skip

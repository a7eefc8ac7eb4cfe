"""Names of evidence by what it costs: no network, or explanations."""

FROM_PIXELS = frozenset(
    {
        "images",
        "ids",
        "membership",
        "duplicate_groups",
        "listed_groups",
        "equal_hash_groups",
        "given_away",
    }
)
EXPLAINS = frozenset({"explanations", "paper_explanations"})

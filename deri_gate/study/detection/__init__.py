"""Is a damaged head told from its base, and an honest one let through? Rates over many of both.

`heads` makes them, `against` judges them, `rates` counts and says what is written.
"""

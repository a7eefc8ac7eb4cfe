"""Bring what DVC keeps into a working tree that somebody else wrote.

The tree says only which contents it wants. Where they come from is the base's configuration; that
they are those contents is checked; and a name or a link that would lead out of the dataset stops
it all before anything is written.
"""

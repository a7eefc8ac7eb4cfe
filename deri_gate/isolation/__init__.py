"""Judge in a process that has no network, no secret, and nowhere to write but a scratch folder.

An image may aim at a decoder. What such an image could do then is bounded by the system: the
checkout, the base, the package and DVC's cache can be read, a new folder can be written, and the
answer that comes out is read as a stranger's.
"""

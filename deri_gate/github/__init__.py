"""A dataset's pull request: what it touches, by which policy it is judged, where that is said.

The steps of the workflow are functions here, so that they are tested; the YAML only calls them.
What runs on a hosted runner for seconds (`changed`, `verdict`, `comment`) needs no more than
click, lazy-loader, pydantic and ruamel.yaml: torch and the rest are loaded where a dataset is
judged.
"""

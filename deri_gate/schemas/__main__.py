"""Make the JSON Schemas anew: `python -m deri_gate.schemas`."""

from pathlib import Path

from deri_gate.schemas.files import write_schemas

write_schemas(Path(__file__).parent)

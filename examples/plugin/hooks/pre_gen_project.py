"""Refuse answers of which no working package can be made, before anything is written."""

import json
import keyword
import re
import sys

NAME = json.loads({{ cookiecutter.name | tojson | tojson }})
AUTHOR = json.loads({{ cookiecutter.author | tojson | tojson }})
PACKAGE = json.loads({{ cookiecutter.package | tojson | tojson }})

if not re.fullmatch(r"[a-z][a-z0-9_]{1,59}", NAME) or keyword.iskeyword(NAME):
    sys.exit(
        f"{NAME!r} cannot be the name: take 2 to 60 small letters, digits and _, a letter first, "
        "and no word of Python. For example: grey_spread"
    )
if not re.fullmatch(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", PACKAGE, re.IGNORECASE | re.ASCII):
    sys.exit(f"{PACKAGE!r} cannot be the package: take letters, digits, '.', '-' and '_'")
if not AUTHOR.strip() or not AUTHOR.isprintable() or set(AUTHOR) & set('"\\\\'):
    sys.exit(f"{AUTHOR!r} cannot be the author: one line is needed, without quotes and backslashes")

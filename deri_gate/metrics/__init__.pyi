from . import base as base
from . import catalogue as catalogue
from . import context as context
from . import profile as profile
from . import records as records
from . import reserved as reserved
from . import surest_labels as surest_labels
from . import wrong_labels as wrong_labels

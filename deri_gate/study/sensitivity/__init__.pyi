from . import cases as cases
from . import document as document
from . import headline as headline
from . import heat_map as heat_map
from . import matrix as matrix

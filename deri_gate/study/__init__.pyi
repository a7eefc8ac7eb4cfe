from . import detection as detection
from . import sensitivity as sensitivity
from . import weights as weights

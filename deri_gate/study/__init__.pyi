from . import candidates as candidates
from . import detection as detection
from . import figures as figures
from . import pools as pools
from . import properties as properties
from . import sensitivity as sensitivity
from . import weights as weights

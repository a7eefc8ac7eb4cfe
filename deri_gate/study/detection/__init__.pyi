from . import against as against
from . import rates as rates
from . import simulated as simulated

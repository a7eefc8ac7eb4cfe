from . import masks as masks
from . import paper as paper
from . import probe as probe
from . import quality as quality
from . import shortcuts as shortcuts

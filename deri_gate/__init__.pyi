from .commands.cache import cache as cache
from .commands.calibrate import calibrate as calibrate
from .commands.candidates import candidates as candidates
from .commands.check import check as check
from .commands.compare import compare as compare
from .commands.detection import detection as detection
from .commands.estimate import estimate as estimate
from .commands.impact import impact as impact
from .commands.init import init as init
from .commands.limits import limits as limits
from .commands.measure import measure as measure
from .commands.plugins import plugins as plugins
from .commands.pool import pool_diff as pool_diff
from .commands.pool import pool_show as pool_show
from .commands.pool_derive import pool_derive as pool_derive
from .commands.pool_draw import pool_draw as pool_draw
from .commands.pool_verify import pool_verify as pool_verify
from .commands.probe import probe as probe
from .commands.properties import properties as properties
from .commands.review import review as review
from .commands.score import score as score
from .commands.sensitivity import sensitivity as sensitivity
from .commands.summary import summary as summary
from .commands.variants import variants as variants
from .errors import DeriGateError as DeriGateError
from .runtime.engine import Machine as Machine

__version__: str

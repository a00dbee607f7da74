"""Every judged number in one place, each with its reason, so that a clinician can find and change it."""

from sixten.pain.ceiling import EARLIER_NEEDED, RAMP_SPREAD, RAMPS_NEEDED, RATINGS_NEEDED, RISES, RISK
from sixten.pain.model import BETWEEN_DAYS, OTHER_SIDE, REPLACED
from sixten.pressure.movement import CONFIDENT, RIPPLE_SHARE, STILL_S, TOO_FAST_S
from sixten.pressure.readings import JUMP_KPA, STALE_US
from sixten.pressure.sensors import DEVICE_LIMIT_KPA

# Judged where they are needed first, listed here with the others.
__all__ = [
    "BETWEEN_DAYS",
    "CONFIDENT",
    "DEVICE_LIMIT_KPA",
    "EARLIER_NEEDED",
    "JUMP_KPA",
    "OTHER_SIDE",
    "RAMPS_NEEDED",
    "RAMP_SPREAD",
    "RATINGS_NEEDED",
    "REPLACED",
    "RIPPLE_SHARE",
    "RISES",
    "RISK",
    "STALE_US",
    "STILL_S",
    "TOO_FAST_S",
]

CEILING_MIN_KPA = 5.0  # below this a band is narrower than the ball's own creep and drift

# Bands, as shares of the ceiling.
OFF_KPA = 2.0  # less than this is a ball that nobody lies on: bedding, a hand, drift
OFF_SHARE = 0.10
SETTLE_SHARE = 0.60  # below: settling in, too light to count [judged]
NEAR_SHARE = 0.95
OVER_LEAVES_SHARE = 0.95  # 5 % hysteresis, so that holding at the line does not rattle
BAND_SAID_AFTER_S = 0.3  # a band is announced once it has lasted this long; `over` at once [judged]

# The window.
WINDOW_MIN_S = 30  # the practice asks for 30-60 s
WINDOW_MAX_S = 60
LOAD_MAX_S = 90.0  # of load, whatever the band: the window is over even if little of it counted
OFF_ENDS_S = 20.0  # longer off the ball than this is not a shift of weight
STEADY_S = 3.0  # getting on is finished once the load has been steady this long
STEADY_KPA_S = 3.0  # steadier than the slowest movement asked for [judged]

# Over the line.
EASE_OFF_AFTER_S = 0.7  # the tone comes at once; a voice any earlier would talk over a person who is already easing off
OVER_ENDS_S = 5.0  # without relief
OVER_TOTAL_ENDS_S = 10.0  # in one window, added up

# Early words.
RISING_LEAD_S = 0.5  # at the present rate the line is nearer than this
RISING_MIN_KPA_S = 2.0  # slower than this nothing reaches the line within the lead except from inside the noise [judged]
RISING_AGAIN_S = 2.0  # the same warning is not repeated within this [judged]
SLOWER_KPA_S = 15.0  # faster than deliberate
SLOWER_AGAIN_S = 5.0  # for both reasons together, a fast rise and a fast cycle; long enough for a slower one to show [judged]

# Movement (what still and too fast mean: pressure/movement.py).
KEEP_MOVING_MAX = 2  # in one window; somebody who rests on purpose is not nagged [judged]
KEEP_MOVING_AGAIN_S = 10.0  # as long as the stillness that it was first said for [judged]

# Trust.
LOST_S = 10.0  # silence longer than this closes the session as interrupted
MAX_STEP_S = 0.05  # time between two trusted readings that still counts as one stretch; 15 samples at 300 a second

ZERO_ASKED_S = 8.0  # a ball at rest has found its zero after 5 s; longer without one, and the person is told what to do [judged]

# Ratings.
RATING_CEILING = 6
RATING_TOO_MUCH = 7
TOO_MUCH_LOOKBACK_S = 0.8  # the hand is later than the pain
TOO_MUCH_SHARE = 0.9

"""Every judged number in one place, each with its reason, so that a clinician can find and change it."""

from sixten.pain.ceiling import EARLIER_NEEDED, RAMP_SPREAD, RAMPS_NEEDED, RATINGS_NEEDED, RISES, RISK
from sixten.pain.limits import (
    AGAIN_S,
    ANSWER_S,
    APPROACH_KPA_S,
    APPROACH_SHARE,
    AWAY_KPA,
    AWAY_MAX_S,
    BEGUN_KPA,
    CAME_OFF_SHARE,
    COME_OFF_S,
    CUE_EVERY_S,
    DIFFERS_SD,
    DIFFERS_SHARE,
    HOLD_APPROACH_KPA_S,
    HOLD_APPROACH_MAX_S,
    HOLD_ASKED_S,
    HOLD_BAND,
    HOLD_BURST_S,
    HOLD_MEAN_S,
    HOLD_OVER_SHARE,
    HOLD_REST_S,
    HOLD_SHARES,
    HOLD_STOPS_AT,
    HOLDS_MAX,
    KEPT_S,
    KNOWN_SHARE,
    LIMIT_LEAVES_SHARE,
    LOADED_MAX_S,
    ONE_RAMP_RISK,
    ONE_RAMP_STOPS_AT,
    PRACTICE_MAX_S,
    PRACTICE_STOPS_AT,
    RAMP_BURST_S,
    RAMP_MAX_S,
    RAMPS_STOP_AT,
    REJECTED_MAX,
    REST_ASKED_S,
    REST_MAX_S,
    REST_S,
    REST_WITHIN,
    RESTING_KPA,
    SPEED_CUE_KPA_S,
    SPEED_OK_KPA_S,
    SPEED_OVER_S,
    START_SCORE_MAX,
    STURDY_CUE_KPA_S,
    STURDY_KPA,
)
from sixten.pain.model import BETWEEN_DAYS, OTHER_SIDE, REPLACED
from sixten.pressure.movement import CONFIDENT, RIPPLE_SHARE, STILL_S, TOO_FAST_S
from sixten.pressure.readings import JUMP_KPA, STALE_US
from sixten.pressure.rise import BEND_SHARE_S2, SURE_RISING, UNKNOWN_KPA
from sixten.pressure.sensors import DEVICE_LIMIT_KPA, FLAT_BAROMETER_S, FLAT_FSR_S, ZERO_DIFFERS_KPA, ZERO_DIFFERS_REL
from sixten.pressure.zero import (
    DRIFT_KPA_S,
    LOADED_KPA,
    MATTERS_KPA,
    SPREAD_KPA,
    UNLOADED_KPA_PER_K,
    WARM_K,
    ZERO_ANSWER_S,
    ZERO_ASKED_S,
)
from sixten.session.flatboard import APART_KG, HOLD_S, SAME_SHARE, SQUEEZE_KPA, STEADY_SHARE, UNSTEADY_AFTER_S

# Judged where they are needed first, listed here with the others.
__all__ = [
    "AGAIN_S", "ANSWER_S", "APART_KG", "APPROACH_KPA_S", "APPROACH_SHARE", "AWAY_KPA", "AWAY_MAX_S", "BEGUN_KPA", "BEND_SHARE_S2",
    "BETWEEN_DAYS", "CAME_OFF_SHARE", "COME_OFF_S", "CONFIDENT", "CUE_EVERY_S", "DEVICE_LIMIT_KPA", "DIFFERS_SD", "DIFFERS_SHARE",
    "DRIFT_KPA_S", "EARLIER_NEEDED", "FLAT_BAROMETER_S", "FLAT_FSR_S", "HOLD_APPROACH_KPA_S", "HOLD_APPROACH_MAX_S", "HOLD_ASKED_S",
    "HOLD_BAND", "HOLD_BURST_S", "HOLD_MEAN_S", "HOLD_OVER_SHARE", "HOLD_REST_S", "HOLD_S", "HOLD_SHARES", "HOLD_STOPS_AT", "HOLDS_MAX",
    "JUMP_KPA", "KEPT_S", "KNOWN_SHARE", "LIMIT_LEAVES_SHARE", "LOADED_KPA", "LOADED_MAX_S", "MATTERS_KPA", "ONE_RAMP_RISK",
    "ONE_RAMP_STOPS_AT", "OTHER_SIDE", "PRACTICE_MAX_S", "PRACTICE_STOPS_AT", "RAMPS_NEEDED", "RAMPS_STOP_AT", "RAMP_BURST_S",
    "RAMP_MAX_S", "RAMP_SPREAD", "RATINGS_NEEDED", "REJECTED_MAX", "REPLACED", "RESTING_KPA", "REST_ASKED_S", "REST_MAX_S", "REST_S",
    "REST_WITHIN", "RIPPLE_SHARE", "RISES", "RISK", "SAME_SHARE", "SPEED_CUE_KPA_S", "SPEED_OK_KPA_S", "SPEED_OVER_S", "SPREAD_KPA",
    "SQUEEZE_KPA", "STALE_US", "START_SCORE_MAX", "STEADY_SHARE", "STILL_S", "STURDY_CUE_KPA_S", "STURDY_KPA", "SURE_RISING",
    "TOO_FAST_S", "UNKNOWN_KPA", "UNLOADED_KPA_PER_K", "UNSTEADY_AFTER_S", "WARM_K", "ZERO_ANSWER_S", "ZERO_ASKED_S",
    "ZERO_DIFFERS_KPA", "ZERO_DIFFERS_REL",
]  # fmt: skip

CEILING_MIN_KPA = 5.0  # below this a band is narrower than the ball's own creep and drift

# Bands, as shares of the ceiling.
OFF_KPA = 2.0  # less than this is a ball that nobody lies on: bedding, a hand, drift
OFF_SHARE = 0.10  # the same for a high line, where 2 kPa would be little
SETTLE_SHARE = 0.60  # below: settling in, too light to count [judged]
NEAR_SHARE = 0.95  # the last twentieth: one breath away
OVER_LEAVES_SHARE = 0.95  # 5 % hysteresis, so that holding at the line does not rattle
BAND_SAID_AFTER_S = 0.3  # a band is announced once it has lasted this long; `over` at once [judged]

# The window.
WINDOW_MIN_S = 30  # the practice asks for 30-60 s
WINDOW_MAX_S = 60  # and no longer: the same again on another day
LOAD_MAX_S = 90.0  # of load, whatever the band: the window is over even if little of it counted
OFF_ENDS_S = 20.0  # longer off the ball than this is not a shift of weight
STEADY_S = 3.0  # getting on is finished once the load has been steady this long
STEADY_KPA_S = 3.0  # steadier than the slowest movement asked for [judged]
# Of the line, each second, where that is more: breathing and slow cycles near a high line reach 9 %, getting on in 5 s takes 20 % [judged].
STEADY_SHARE_S = 0.10

# Over the line.
EASE_OFF_AFTER_S = 0.7  # the tone comes at once; a voice any earlier would talk over a person who is already easing off
OVER_ENDS_S = 5.0  # without relief: whoever cannot ease off in this time had better come off
OVER_TOTAL_ENDS_S = 10.0  # in one window, added up: the line is too hard to hold today

# Early words.
RISING_LEAD_S = 0.5  # at the present rate the line is nearer than this
# How likely it must be that the line is reached within the lead. At 0.5 everybody who breathes close under the line is warned at each
# breath; at 0.95 a slow rise is told too late (`make bench-detection` prints both sides) [judged].
RISING_CHANCE = 0.8
RISING_AGAIN_S = 2.0  # the same warning is not repeated within this [judged]
SLOWER_KPA_S = 15.0  # faster than deliberate: from nothing to a usual line in under 3 s
SLOWER_AGAIN_S = 5.0  # for both reasons together, a fast rise and a fast cycle; long enough for a slower one to show [judged]

# Movement (what still and too fast mean: pressure/movement.py).
KEEP_MOVING_MAX = 2  # in one window; somebody who rests on purpose is not nagged [judged]
KEEP_MOVING_AGAIN_S = 10.0  # as long as the stillness that it was first said for [judged]

# Trust.
LOST_S = 10.0  # silence longer than this closes the session as interrupted
MAX_STEP_S = 0.05  # time between two trusted readings that still counts as one stretch; 15 samples at 300 a second

# The board's own alarm is set by two commands, answered within 0.1 s, or within 1 s each where lines are damaged; longer, and it is told.
GUARD_SAID_AFTER_S = 2.0

# The zero (when it is one: pressure/zero.py).
ZERO_OFFERED_S = 10.0  # off the ball for longer than this is not a shift of weight: there is time for a new zero
LEAK_KPA = 0.5  # after a visit's load, weather and creep leave less than this; a ball that loses 1 % a minute under 50 kPa loses it in one


# The visit.
LOAD_BUDGET_S = 240.0  # of load, each side and visit, calibration included: about what two windows and a calibration take [judged]
WINDOWS_MAX = 2  # each side and visit [judged]
VISITS_MAX = 2  # a day, with load in them [judged]
WINDOW_NEEDS_S = 40.0  # of load: the shortest window and getting on; with less left none is offered [judged]
CAME_OFF_S = 1.0  # without load: off the ball, not a shift of weight [judged]
COME_OFF_AGAIN_S = 5.0  # "come off" after a window is repeated after this [judged]

# Before and after.
BALANCE_CAP_S = 45.0  # nobody need stand longer: those who can are not told apart by more
BALANCE_TRIES = 3  # the best counts
BALANCE_COUNT_S = 3  # "three, two, one" before the foot is lifted
ALOUD_EVERY_S = 5.0  # the seconds are counted aloud [judged]
PAIN_CHANGED = 2  # points of 10; less is what two answers of one person differ by
PAIN_CHANGED_SHARE = 0.33  # or this share of the pain before
BALANCE_CHANGED_OPEN_S = 10.0  # eyes open; less is what two trials differ by
BALANCE_CHANGED_CLOSED_S = 5.0  # eyes closed, where everybody stands shorter

# A guided window.
STARTING_SAID_S = 1.5  # "left hip, starting" takes this long to say [judged]
COUNT_S = 3  # then this count, which leaving the ball cancels: time to notice that one lies wrong
PHASE_S = 15.0  # of counted time: bending, then turning, twice in a minute [judged]
CYCLE_S = 7.0  # of the pacer, one way and back; the practice asks for slow movement of 6 to 8 s a cycle
RATING_ASKED_S = (10.0, 30.0)  # of counted time: once the first sensation has passed, and where the person may stop [judged]
OWN_RATING_EVERY_S = 10.0  # of counted time, where the person's own rating is all there is
ANSWERED_WITHIN_S = 5.0  # a question is repeated after this, and given up after as much again [judged]
# Presses this close together are one answer. The board tells a press 0.4 s late, and people count one or two a second [judged].
PRESSES_WITHIN_S = 1.5

# Ratings.
RATING_CEILING = 6  # of 10: what the practice must not pass; the line falls to the pressure then
RATING_TOO_MUCH = 7  # and more: the line falls below the pressure then, and it is over until the load has halved
TOO_MUCH_LOOKBACK_S = 0.8  # the hand is later than the pain
TOO_MUCH_SHARE = 0.9  # of the pressure then: a 7 is not a 6
# A rating this much above what the calibration expects is more than its noise (SD about 0.5 points, rounding included): refit.
SURPRISE = 1.5
RATED_MAX = 30  # ratings of a session that a refit uses, the last ones: two windows with one every 6 s

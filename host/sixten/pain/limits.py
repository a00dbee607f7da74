"""Every judged number of the guided calibration, with its reason; session/limits.py lists them with all others."""

# Load.
# Weight on hand and foot leaves less than this; pain begins lower in 1 of 200 women with a painful hip (population prior).
RESTING_KPA = 4.0
BEGUN_KPA = 8.0  # a trial that never came this far and in which nothing was rated was only a shift of weight [judged]
AWAY_KPA = 2.0  # less than this is a ball that nobody touches: bedding, drift
LOADED_MAX_S = 100.0  # above resting, in one calibration, whatever it was for [judged]
COME_OFF_S = 3.0  # what coming off takes; nothing is asked any more when less than this is left
AGAIN_S = 3.0  # "come off" is repeated after this
LIMIT_LEAVES_SHARE = 0.95  # 5 % hysteresis, as for `over` in the window
HOLD_OVER_SHARE = 1.15  # a hold this far above the highest pressure that a ramp has felt has gone astray [judged]

# Ramps.
PRACTICE_STOPS_AT = 3  # enough to learn the key and the speed
PRACTICE_MAX_S = 15.0  # somebody who feels nothing by then has still learned the speed; load is for the ramps [judged]
RAMPS_STOP_AT = (5, 5, 6, 5)  # one comes off at 6, when two have shown where that is; the last is the fourth, for a wide spread
ONE_RAMP_STOPS_AT = 6  # the one ramp of a returning person has to show where 6 is
ONE_RAMP_RISK = 0.03  # in place of RISK, where one ramp speaks for itself: whose ramp reads high is who is not asked for three [tuned]
# One ramp this many SD of what days differ by below the earlier days: three are done, and 6 is looked for anew [judged].
DIFFERS_SD = 0.8
DIFFERS_SHARE = 0.5  # of the usual pressure, this person's or everybody's: around there 6 is looked for on such a day [tuned]
SPEED_OK_KPA_S = (1.0, 5.0)  # slower eats up the load, faster over-reads: the hand is 0.8 s late
SPEED_CUE_KPA_S = (2.0, 3.0)  # 20-30 s from the onset of pain to 6
STURDY_KPA = 25.0  # painless to here: three ramps at the usual speed would not fit into the load [judged]
STURDY_CUE_KPA_S = (3.0, 4.0)  # for them; faster still was tried and loses more to the lag than it wins [tuned]
APPROACH_SHARE = 0.90  # up to this share of a pressure that was painless before, in the same placement, speed is not judged [judged]
APPROACH_KPA_S = (4.0, 10.0)  # the cue meanwhile: time under load is better spent where there is something to rate [judged]
SPEED_OVER_S = 1.5  # speed is the slope over this long: breathing and a hesitating hand average out [judged]
CUE_EVERY_S = 0.5  # nobody follows orders faster than that
RAMP_MAX_S = 60.0  # to the device limit at less than 2 kPa/s
CAME_OFF_SHARE = 0.6  # of the highest pressure of this trial: below it the person has come off
REJECTED_MAX = 3  # ramps at a wrong speed, or left too early; then it is not today's thing

# Holds.
HOLD_SHARES = (0.50, 0.70, 0.85)  # of what the ratings so far say is 6 of 10
HOLDS_MAX = 5  # begun, rated or not: more would make the calibration longer than the load is worth [judged]
KNOWN_SHARE = 0.93  # the ceiling this near to the middle of what 6 may be: another hold would move it by less than the ball creeps [judged]
HOLD_ASKED_S = (5.0, 10.0)  # the lag is nearly over at the first
HOLD_STOPS_AT = 6  # as in the window: 6 is what is not passed
HOLD_BAND = 0.08  # the clock starts within this of the pressure aimed at
HOLD_APPROACH_KPA_S = 8.0  # faster and the cue says slower [judged]
HOLD_APPROACH_MAX_S = 20.0  # whoever has not found it by then is using up load [judged]
HOLD_MEAN_S = 2.0  # a rating in a hold belongs to the mean pressure of this long
ANSWER_S = 4.0  # an answer after this belongs to no question

# Rating by one control.
RAMP_BURST_S = 0.35  # presses this close are one change of mind: 0 to 5 at once is not 1, 2, 3, 4, 5 [judged]
HOLD_BURST_S = 1.0  # counting up to the answer

# Rest and interruptions.
REST_S = 20.0  # after a ramp, as in published protocols; the rating has to be back as well
HOLD_REST_S = 10.0  # after a hold, which is shorter and lighter, likewise [cuff protocols: 10 s after short plateaus, 20 s after others]
START_SCORE_MAX = 3  # hurting more than this before any load leaves no room for a curve [judged]
REST_WITHIN = 1  # pain is back within this of the start
REST_ASKED_S = 10.0  # "bring the number down" is repeated after this
REST_MAX_S = 180.0  # pain still up by then: no more load today [judged]
AWAY_MAX_S = 60.0  # longer off the ball, and it will not lie where it lay
KEPT_S = 600.0  # valid ramps of the same placement outlast an interruption this long

"""What a calibration does next, and how it ends: pure functions of its state."""

from __future__ import annotations

import random
from dataclasses import replace
from math import log

from sixten.pain import limits as P
from sixten.pain.ceiling import RAMPS_NEEDED, RATINGS_NEEDED, RISK, Ceiling, NotCalibrated, another_ramp_needed, fit_ceiling, refused
from sixten.pain.model import LN_P6, Prior, Rating, population, posterior
from sixten.pain.procedure import DONE, READY, Outcome, Prompt, State, Values
from sixten.pain.trials import HOLD, PRACTICE, RAMP, Trial
from sixten.pressure.sensors import DEVICE_LIMIT_KPA


def next_trial(state: State, said: list[Prompt]) -> State:
    """The next trial, or the end."""
    plan, n = state.plan, len(state.ramps)
    if plan.ramps == 1 and n == 1 and not state.differs and _differs(state):
        said.append(Prompt(state.t_us, "differs", {}))
        state = state._replace(differs=True)
    needed = _ramps(state) + (n == RAMPS_NEEDED and another_ramp_needed(_ratings(state)))
    if needed <= n < RAMPS_NEEDED and refused(_ratings(state), prior_of(state)):  # one is enough where it says something
        needed = n + 1
    if state.without_pain >= 2:
        return refuse(state, "No pain was rated at any load you gave, so there is no ceiling to find.", said)
    if state.rejected > P.REJECTED_MAX:
        return refuse(state, "Too many ramps were too fast, too slow or too short; try again later with somebody who watches.", said)
    if n < needed:
        if load_left_s(state) < P.COME_OFF_S + MIN_TRIAL_S:
            return finish(state, "", said)
        if not (state.practised or n or plan.ramps == 1):
            return _ready(state, Trial(PRACTICE, 0, P.PRACTICE_STOPS_AT, P.RESTING_KPA), "practice", said)
        stop_at = P.ONE_RAMP_STOPS_AT if plan.ramps == 1 and n == 0 else P.RAMPS_STOP_AT[n]
        level_kpa = max(P.RESTING_KPA, P.APPROACH_SHARE * (state.painless_kpa or 0.0))
        code = "fourth_ramp" if n == 3 else "ramp_on" if level_kpa > P.BEGUN_KPA else "ramp"
        return _ready(state, Trial(RAMP, state.numbered, stop_at, level_kpa), code, said)
    return _next_hold(state, said)


def _ramps(state: State) -> int:
    """How many valid ramps are enough."""
    return RAMPS_NEEDED if state.differs else state.plan.ramps


def prior_of(state: State) -> Prior:
    """The plan's prior; once today differs, 6 is looked for far below where it usually is, as widely as in somebody new."""
    prior = state.plan.prior
    if not state.differs:
        return prior
    forgetting = _forgetting(prior)
    below = min(prior.mean[LN_P6], forgetting.mean[LN_P6]) + log(P.DIFFERS_SHARE)
    return replace(forgetting, mean=(below, *forgetting.mean[LN_P6 + 1 :]))


def _forgetting(prior: Prior) -> Prior:
    """``prior``, which still knows how this person rates, and nothing about where 6 lies."""
    mean, sd = (list(values) for values in (prior.mean, prior.sd))
    base = population(prior.hurts)
    mean[LN_P6], sd[LN_P6] = base.mean[LN_P6], base.sd[LN_P6]
    return replace(prior, mean=tuple(mean), sd=tuple(sd))


def _differs(state: State) -> bool:
    """Whether the one ramp of a returning person, taken alone, puts 6 far below what the earlier days expect."""
    prior = state.plan.prior
    alone = posterior(_ratings(state), _forgetting(prior))
    return alone.moments()[0][LN_P6] < prior.mean[LN_P6] - P.DIFFERS_SD * prior.sd[LN_P6]


MIN_TRIAL_S = 8.0  # a trial that would have to end sooner teaches nothing [judged]


def _next_hold(state: State, said: list[Prompt]) -> State:
    """The first hold by lot, so that nobody can expect it; then where a rating teaches most, but never the same level twice running.

    Where the load left is short of two holds, the lightest, at which most people feel nothing, is left out.
    """
    if _ramps(state) == 1 or state.tried >= P.HOLDS_MAX:
        return finish(state, "", said)
    sofar = posterior(_ratings(state), prior_of(state))
    line, middle = sofar.p6_quantiles((RISK, 0.5), state.plan.hold_s)
    if line >= P.KNOWN_SHARE * middle and len(_ratings(state)) >= RATINGS_NEEDED:
        return finish(state._replace(short="known"), "", said)
    highest, left_s = min(state.felt_kpa, DEVICE_LIMIT_KPA), load_left_s(state)
    lightest_kpa = P.RESTING_KPA / (1 - P.HOLD_BAND)

    def fits(share: float, times: int = 1) -> bool:
        return share * middle >= lightest_kpa and times * _hold_s(min(share * middle, highest), 1) <= left_s

    possible = [s for s in P.HOLD_SHARES if fits(s)]
    if not possible:
        return finish(state._replace(short="load" if len(state.holds) < len(P.HOLD_SHARES) else ""), "", said)
    if state.tried:
        best_kpa = sofar.next_hold_kpa(min(highest, max(possible) * middle), state.plan.hold_s)
        others = [s for s in possible if s != state.share] or possible
        share = min(others, key=lambda s: abs(s * middle - best_kpa))
    else:
        share = random.Random(state.plan.seed).choice(possible if fits(max(possible), 2) else possible[-2:])
    level_kpa = min(share * middle, highest)
    last = left_s < 2 * _hold_s(level_kpa, 1)
    moving = not state.moved and (last or state.tried >= 2)
    asks = len(P.HOLD_ASKED_S)
    if state.tried >= ASKED_TWICE and not moving or _hold_s(level_kpa, asks) + _hold_s(level_kpa, 1) > left_s:
        asks = 1  # one answer each in two holds says more than two in one
    trial = Trial(HOLD, state.numbered, P.HOLD_STOPS_AT, level_kpa, moving=moving, asks=asks)
    return _ready(state._replace(share=share), trial, "hold", said)


# As many holds have two questions, and the moving one, whose ten seconds are a cycle: the second says how pain builds up [tuned].
ASKED_TWICE = 1


def _hold_s(level_kpa: float, asks: int) -> float:
    """Load that a hold with so many questions takes."""
    return level_kpa / HOLD_RISE_KPA_S + P.HOLD_ASKED_S[asks - 1] + P.COME_OFF_S


HOLD_RISE_KPA_S = 6.0  # how fast people get on to a hold by "more" and "less", for planning the load [judged]


def _ready(state: State, trial: Trial, code: str, said: list[Prompt]) -> State:
    said.append(Prompt(state.t_us, code, {}))
    return state._replace(phase=READY, trial=trial, numbered=state.numbered + 1)


def load_left_s(state: State) -> float:
    return P.LOADED_MAX_S - state.load_us / 1e6


def _ratings(state: State) -> tuple[Rating, ...]:
    return tuple(r for trial in (*state.ramps, *state.holds) for r in trial)


def refuse(state: State, reason: str, said: list[Prompt], own: bool = True) -> State:
    return _over(state, _outcome(state, "refused", None, (reason,), own), said)


def finish(state: State, ended: str, said: list[Prompt]) -> State:
    """Ends it; with ``ended`` empty by fitting what there is."""
    if ended:
        return _over(state, _outcome(state, ended, None, (), False), said)
    if len(state.ramps) < _ramps(state):
        reason = f"There was load enough for one go, but only {len(state.ramps)} of {_ramps(state)} ramps counted: try again later today."
        return refuse(state, reason, said)
    prior = prior_of(state)
    fit = _fit(state, prior)
    if isinstance(fit, NotCalibrated):
        return _over(state, _outcome(state, "refused", None, fit.reasons, True), said)
    if _ramps(state) == 1:  # earlier days may hold a line down that one ramp alone would put high, and never pull it up
        alone = _fit(state, _forgetting(prior), P.ONE_RAMP_RISK)
        if isinstance(alone, Ceiling) and alone.kpa < fit.kpa:
            fit, prior = alone, _forgetting(prior)
    return _over(state, _outcome(state, "calibrated", fit, (), False, prior), said)


def _fit(state: State, prior: Prior, risk: float = RISK) -> Ceiling | NotCalibrated:
    return fit_ceiling(_ratings(state), prior, state.plan.hold_s, risk, DEVICE_LIMIT_KPA)


def _outcome(
    state: State, ended: str, ceiling: Ceiling | None, reasons: tuple[str, ...], own_rating: bool, prior: Prior | None = None
) -> Outcome:
    short = "" if ended != "calibrated" else "history" if _ramps(state) <= len(state.ramps) < RAMPS_NEEDED else state.short
    loaded_s = round(state.load_us / 1e6, 3)
    used = prior or prior_of(state)
    return Outcome(ended, ceiling, reasons, _ratings(state), len(state.ramps), len(state.holds), loaded_s, short, own_rating, used)


def _over(state: State, outcome: Outcome, said: list[Prompt]) -> State:
    values: Values = {"loaded_s": outcome.loaded_s, "ramps": outcome.ramps, "holds": outcome.holds, "short": outcome.short}
    if outcome.ceiling is not None:
        c = outcome.ceiling
        values |= {"ceiling_kpa": c.kpa, "median_kpa": c.median_kpa, "low_kpa": c.interval_kpa[0], "high_kpa": c.interval_kpa[1]}
        values |= {"highest_felt_kpa": c.highest_felt_kpa, "limited_by": c.limited_by}
    values["reasons"] = " ".join(outcome.reasons)
    said.append(Prompt(state.t_us, outcome.ended, values))
    return state._replace(phase=DONE, trial=None, cue="", outcome=outcome)

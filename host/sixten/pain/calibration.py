"""The guided, blind calibration: ``step(state, input) -> (state, prompts)``, a pure function of readings, marks and the cable.

Zero, one practice ramp, three ramps, up to three holds, fit; rest between them. While the person rates, prompts carry nothing but what
to do: no pressure, no estimate, no earlier ramp. It reads no clock; a state is a value.
"""

from __future__ import annotations

from math import isnan

from sixten.ball.messages import Connection, Mark
from sixten.pain import limits as P
from sixten.pain.next_trial import finish, load_left_s, next_trial, refuse
from sixten.pain.procedure import (
    APPROACH,
    DONE,
    HOLDING,
    LOADING,
    OFF,
    PAUSED,
    RAMPING,
    READY,
    REST,
    ZERO,
    CalibrationPlan,
    Prompt,
    State,
)  # fmt: skip
from sixten.pain.trials import HOLD, PRACTICE, RAMP, Asked, Trial, ended, fault, press, settle
from sixten.pressure.readings import OK, SATURATED, STALE, STALE_US, Reading
from sixten.pressure.sensors import DEVICE_LIMIT_KPA
from sixten.pressure.zero import DIFFERS, MOVING, OUTSIDE, ZeroNews


def start(plan: CalibrationPlan) -> State:
    """The state before anything has happened."""
    return State(plan)


def step(state: State, happened: Reading | ZeroNews | Mark | Connection) -> tuple[State, list[Prompt]]:
    """The next state, and what to tell the person because of ``happened``."""
    said: list[Prompt] = []
    if isinstance(happened, Mark):
        return _mark(state, happened, said), said
    if isinstance(happened, ZeroNews):
        return _zero_news(state, happened, said), said
    if isinstance(happened, Connection):
        return (_no_signal(state, max(happened.t_us, state.t_us), said) if happened.state == "lost" else state), said
    if happened.quality in (OK, SATURATED) and not isnan(happened.gauge_kpa):
        return _reading(state, happened, said), said
    state = state._replace(t_us=max(happened.t_us, state.t_us))
    return (_no_signal(state, state.t_us, said) if happened.quality == STALE else state), said


# --- what the person does -------------------------------------------------------------------------------------------------------


def _mark(state: State, mark: Mark, said: list[Prompt]) -> State:
    t_us = max(mark.t_us, state.t_us)
    state = state._replace(t_us=t_us)
    if state.phase == DONE:
        return state
    if mark.kind == "symptom":
        said.append(Prompt(t_us, "symptom", {}))
        return finish(state, "symptom", said)
    if mark.kind == "stop":
        said.append(Prompt(t_us, "stop", {}))
        if state.phase == PAUSED and state.why_paused == "stop":
            return finish(state, "stopped", said)
        said.append(Prompt(t_us, "stopped_goes_on", {}))
        return state._replace(phase=PAUSED, why_paused="stop", trial=None, cue="", rest_from_us=t_us, rest_us=None)
    if mark.kind == "start" and state.phase == PAUSED and state.why_paused == "stop":
        return _resume(state, state.rest_from_us, said)
    if mark.kind == "moved":
        return _start_over(state, "moved", said)
    if mark.kind in ("more", "less", "rate") and (mark.kind != "rate" or mark.value is not None):
        return _press(state, mark, said)
    return state


def _press(state: State, mark: Mark, said: list[Prompt]) -> State:
    t_us = state.t_us
    trial = state.trial
    if trial is not None and trial.began_us is not None and _belongs(state, trial, mark):
        trial = press(trial, mark.t_us, mark.kind, mark.value, state.past)
        state = state._replace(trial=trial, score=trial.score or 0)
        if state.phase in LOADING and state.score >= trial.stop_at:
            said.append(Prompt(t_us, "score", {"score": state.score}))
            return _come_off(state, said)
    else:
        score = mark.value if mark.kind == "rate" else state.score + (1 if mark.kind == "more" else -1)
        state = state._replace(score=min(10, max(0, score or 0)))
    said.append(Prompt(t_us, "score", {"score": state.score}))
    return state


def _belongs(state: State, trial: Trial, mark: Mark) -> bool:
    """After the load only what was asked for, or what goes on with presses begun under it, is about the trial.

    And no press that would lower an answer once given: it is the pain going down with the load, and taken into the answer it would
    raise the ceiling.
    """
    if state.phase in LOADING:
        return True
    burst_s = P.HOLD_BURST_S if trial.kind == HOLD else P.RAMP_BURST_S
    if trial.entry is not None and mark.t_us - trial.entry.last_us <= burst_s * 1e6:
        return mark.kind == "more" or (mark.value or 0) > trial.entry.score
    return trial.asked is not None and mark.t_us - trial.asked.t_us <= P.ANSWER_S * 1e6


# --- what the ball says ---------------------------------------------------------------------------------------------------------


def _reading(state: State, r: Reading, said: list[Prompt]) -> State:
    t_us = max(r.t_us, state.t_us)
    dt_us = 0 if state.trusted_us is None else min(max(0, t_us - state.trusted_us), STALE_US)
    saturated = r.quality == SATURATED
    kpa = max(r.gauge_kpa, DEVICE_LIMIT_KPA) if saturated else r.gauge_kpa
    loaded = kpa >= P.RESTING_KPA
    away_us = (state.away_us if state.away_us is not None else t_us) if kpa < P.AWAY_KPA else None
    before_us = state.trusted_us
    state = state._replace(
        t_us=t_us,
        trusted_us=t_us,
        past=state.past.add(t_us, kpa),
        load_us=state.load_us + dt_us if loaded and state.phase != DONE else state.load_us,
        away_us=away_us,
        placed=state.placed or away_us is None,
    )
    if state.silent:
        before_us = t_us if before_us is None else before_us
        said.append(Prompt(t_us, "back", {"away_s": round((t_us - before_us) / 1e6, 3)}))
        state = state._replace(silent=False)
        if state.phase == PAUSED and state.why_paused == "signal":  # what has ended stays ended
            state = _resume(state, before_us, said)
    state = _limit(state, kpa, said)
    if state.phase == DONE:
        return state
    if not r.zeroed and state.phase not in (ZERO, PAUSED):  # another ball, or one that was plugged in anew without its zero
        state = _start_over(state, "zero", said)._replace(phase=ZERO, said_us=0)
    if away_us is not None and t_us - away_us > P.AWAY_MAX_S * 1e6 and state.placed:
        state = _start_over(state._replace(placed=False), "away", said)
    if state.phase == ZERO:
        return _zero(state, r, said)
    if state.phase == READY:
        return _begin(state, kpa, said) if loaded else state
    if state.phase in (RAMPING, APPROACH, HOLDING):
        return _under_load(state, r, kpa, said)
    if state.phase in (OFF, REST):
        return _resting(state, loaded, said)
    return state


def _limit(state: State, kpa: float, said: list[Prompt]) -> State:
    """The ball's own limit guards every moment; a hold also may not go far beyond what a ramp has felt."""
    limit = DEVICE_LIMIT_KPA
    if state.trial is not None and state.trial.kind == HOLD and state.felt_kpa:
        limit = min(limit, P.HOLD_OVER_SHARE * state.felt_kpa)
    over = kpa >= limit * (P.LIMIT_LEAVES_SHARE if state.over else 1.0)
    begins = over and not state.over
    state = state._replace(over=over)
    if begins:
        said.append(Prompt(state.t_us, "too_far", {}))
        if state.phase in (RAMPING, APPROACH, HOLDING) or state.phase == READY:
            trial = state.trial
            if trial is not None and trial.began_us is not None:
                trial = trial._replace(top=max(trial.top, (state.t_us, kpa), key=lambda at: at[1]))
                if trial.kind == RAMP:
                    trial = trial._replace(limit_kpa_s=state.past.slope(state.t_us, P.SPEED_OVER_S))
                state = state._replace(trial=trial)
            state = _come_off(state, said)
    return state


def _zero(state: State, r: Reading, said: list[Prompt]) -> State:
    if r.zeroed:
        return next_trial(state, said)
    if not state.said_us:
        said.append(Prompt(state.t_us, "zero_needed", {"reason": "none"}))
        state = state._replace(said_us=state.t_us)
    return state


def _zero_news(state: State, news: ZeroNews, said: list[Prompt]) -> State:
    """Why the zero that is waited for does not come, where the person can do something about it; each reason once."""
    why = news.kind
    if state.phase != ZERO or why not in (MOVING, OUTSIDE, DIFFERS) or why == state.zero_why or not (news.asked or why == DIFFERS):
        return state
    said.append(Prompt(news.t_us, "zero_needed", {"reason": why, "off_kpa": round(news.off_kpa, 2)}))
    return state._replace(zero_why=why)


def _begin(state: State, kpa: float, said: list[Prompt]) -> State:
    trial = state.trial
    assert trial is not None
    if not state.begun:
        if state.score > P.START_SCORE_MAX:
            return refuse(state, "It hurts too much before there is any load: rest today.", said, own=False)
        state = state._replace(start_score=state.score, begun=True)
    if state.score > state.start_score + P.REST_WITHIN:  # it hurts more than at the start: rest first
        state = _come_off(state._replace(trial=None), said)
        return state
    score = None if trial.kind == HOLD else state.score
    stop_at = max(trial.stop_at, state.score + 1)
    trial = trial._replace(began_us=state.t_us, top=(state.t_us, kpa), score=score, stop_at=stop_at)
    return state._replace(trial=trial, phase=APPROACH if trial.kind == HOLD else RAMPING, cue="", cue_us=state.t_us)


def _under_load(state: State, r: Reading, kpa: float, said: list[Prompt]) -> State:
    t_us, trial = state.t_us, state.trial
    assert trial is not None and trial.began_us is not None
    loaded_s = (t_us - trial.began_us) / 1e6
    trial = settle(trial, t_us)
    if kpa > trial.top[1]:
        trial = trial._replace(top=(t_us, kpa))
    if trial.kind != HOLD and trial.judged is None and kpa >= trial.level_kpa:
        trial = trial._replace(judged=(t_us, kpa))
    trial = trial._replace(peak_kpa=max(trial.peak_kpa, kpa))
    state = state._replace(trial=trial)
    # A hold may be found from above: what counts as leaving it is its own level, not the way there.
    if kpa < P.CAME_OFF_SHARE * (min(trial.top[1], trial.level_kpa) if trial.kind == HOLD else trial.top[1]):
        if trial.top[1] < P.BEGUN_KPA and not trial.ratings and trial.entry is None:  # only a shift at rest, not a trial
            return state._replace(phase=READY, trial=trial._replace(began_us=None, judged=None, top=(0, 0.0), peak_kpa=0.0), cue="")
        return _come_off(state._replace(trial=trial._replace(own_end=True)), said)
    longest_s = {RAMPING: P.PRACTICE_MAX_S if trial.kind == PRACTICE else P.RAMP_MAX_S, APPROACH: P.HOLD_APPROACH_MAX_S}
    if loaded_s > longest_s.get(state.phase, P.RAMP_MAX_S) or load_left_s(state) < P.COME_OFF_S:
        return _come_off(state, said)
    if state.phase == APPROACH and _found(state, trial, r):
        state = state._replace(phase=HOLDING, trial=trial._replace(held_us=t_us, peak_kpa=kpa))
        said.append(Prompt(t_us, "move_now" if trial.moving else "stay_now", {}))
    if state.phase == HOLDING:
        state = _ask(state, said)
    return _say_cue(state, r, said) if state.phase != OFF else state


def _found(state: State, trial: Trial, r: Reading) -> bool:
    """Whether the level of a hold has been reached, and is not just being crossed."""
    band_kpa = P.HOLD_BAND * trial.level_kpa
    return abs(r.smooth_kpa - trial.level_kpa) <= band_kpa and abs(state.past.slope(state.t_us, CROSSED_S)) * CROSSED_S <= 2 * band_kpa


CROSSED_S = 0.5  # at this speed the band would be left again within it [judged]


def _ask(state: State, said: list[Prompt]) -> State:
    trial = state.trial
    assert trial is not None and trial.held_us is not None
    held_s = (state.t_us - trial.held_us) / 1e6
    if trial.asked_times >= trial.asks or held_s < P.HOLD_ASKED_S[trial.asked_times]:
        return state
    trial = settle(trial, state.t_us, now=True)
    kpa = trial.peak_kpa if trial.moving else state.past.mean(state.t_us, P.HOLD_MEAN_S)
    trial = trial._replace(asked=Asked(state.t_us, kpa, held_s), asked_times=trial.asked_times + 1, peak_kpa=0.0, score=None)
    said.append(Prompt(state.t_us, "rate_now", {}))
    state = state._replace(trial=trial, score=0)
    return _come_off(state, said) if trial.asked_times == trial.asks else state


def _say_cue(state: State, r: Reading, said: list[Prompt]) -> State:
    """The one thing that the person is shown besides their own number, at most twice a second."""
    t_us, trial = state.t_us, state.trial
    assert trial is not None and trial.began_us is not None
    if t_us - state.cue_us < P.CUE_EVERY_S * 1e6:
        return state
    speed = state.past.slope(t_us, min(P.SPEED_OVER_S, (t_us - trial.began_us) / 1e6))
    if trial.kind == HOLD:
        low, high = (1 - P.HOLD_BAND) * trial.level_kpa, (1 + P.HOLD_BAND) * trial.level_kpa
        mean_kpa = state.past.mean(t_us, P.HOLD_MEAN_S) if trial.moving and state.phase == HOLDING else r.smooth_kpa
        fast = speed > P.HOLD_APPROACH_KPA_S
        cue = "less" if mean_kpa > high else "slower" if fast else "more" if mean_kpa < low else "good"
    else:
        low, high = P.STURDY_CUE_KPA_S if (state.painless_kpa or 0.0) >= P.STURDY_KPA else P.SPEED_CUE_KPA_S
        if trial.judged is None:
            low, high = P.APPROACH_KPA_S
        cue = "slower" if speed > high else "faster" if speed < low else "good"
    if cue != state.cue:
        said.append(Prompt(t_us, "cue", {"cue": cue}))
    return state._replace(cue=cue, cue_us=t_us)


# --- coming off and resting -----------------------------------------------------------------------------------------------------


def _come_off(state: State, said: list[Prompt]) -> State:
    said.append(Prompt(state.t_us, "come_off", {}))
    return state._replace(phase=OFF, cue="", said_us=state.t_us, rest_us=None, rest_from_us=state.t_us)


def _resting(state: State, loaded: bool, said: list[Prompt]) -> State:
    t_us = state.t_us
    if state.trial is not None:
        trial = settle(state.trial, t_us)
        state = state._replace(trial=trial)
        if trial.entry is None and trial.asked is None and not loaded:
            state = _judge(state, trial, said)
    if loaded:
        state = state._replace(rest_us=None)
        if t_us - state.said_us > P.AGAIN_S * 1e6:
            said.append(Prompt(t_us, "come_off", {}))
            state = state._replace(said_us=t_us)
        return state
    held = state.tried or state.trial is not None and state.trial.kind == HOLD
    rest_s = P.HOLD_REST_S if held else P.REST_S
    if state.phase == OFF:
        said.append(Prompt(t_us, "rest", {"rest_s": rest_s}))
        state = state._replace(phase=REST, said_us=t_us)
    if state.rest_us is None:
        state = state._replace(rest_us=t_us)
    rested_s = (t_us - (state.rest_us or 0)) / 1e6
    if rested_s < rest_s or state.trial is not None:
        return state
    if state.score <= state.start_score + P.REST_WITHIN:
        return next_trial(state, said)
    if t_us - state.rest_from_us > P.REST_MAX_S * 1e6:
        return refuse(state, "The pain has not gone down after the load: rest today, and ask for advice if it stays.", said, own=False)
    if t_us - state.said_us > P.REST_ASKED_S * 1e6:
        said.append(Prompt(t_us, "bring_down", {}))
        state = state._replace(said_us=t_us)
    return state


def _judge(state: State, trial: Trial, said: list[Prompt]) -> State:
    """A trial is over: does it count, and what does it say about the next ones."""
    state, trial = state._replace(trial=None), ended(trial)
    if trial.began_us is None:
        return state
    if trial.kind == HOLD:
        state = state._replace(tried=state.tried + 1)
        if not trial.ratings:
            return state
        return state._replace(holds=(*state.holds, trial.ratings), moved=state.moved or trial.moving)
    first = next((r for r in trial.ratings if r.score > state.start_score), None)
    painless = trial.top[1] if first is None else first.kpa - first.rate_kpa_s * PRESS_LATE_S
    state = state._replace(painless_kpa=max(0.0, painless if state.painless_kpa is None else min(painless, state.painless_kpa)))
    state = state._replace(felt_kpa=max(state.felt_kpa, trial.top[1]))
    if trial.kind == PRACTICE:
        return state._replace(practised=True)
    if first is None:
        state = state._replace(without_pain=state.without_pain + 1)
        if trial.limit_kpa_s is None or fault(trial) or state.plan.ramps == 1:  # a returning person's one ramp has to show where 6 is
            return state
        return state._replace(ramps=(*state.ramps, trial.ratings))
    why = fault(trial)
    if why == "short" and state.rejected and trial.judged is not None:
        why = ""  # asked once already: this is all the load that this person gives
    if why:
        said.append(Prompt(state.t_us, "again", {"why": why}))
        return state._replace(rejected=state.rejected + 1)
    return state._replace(ramps=(*state.ramps, trial.ratings), without_pain=0)


PRESS_LATE_S = 0.8 + 3.0  # the hand is later than the pain, and the pain later than the pressure: medians of both (pain/model.py)


# --- interruptions --------------------------------------------------------------------------------------------------------------


def _no_signal(state: State, t_us: int, said: list[Prompt]) -> State:
    state = state._replace(t_us=t_us)
    if state.phase in (DONE, ZERO) or state.trusted_us is None or state.silent:
        return state
    state = state._replace(silent=True)
    said.append(Prompt(t_us, "no_signal", {}))
    if state.phase == PAUSED:  # stopped before: goes on by the person's key alone
        return state
    return state._replace(phase=PAUSED, why_paused="signal", trial=None, cue="", rest_us=None, rest_from_us=t_us)


def _resume(state: State, since_us: int, said: list[Prompt]) -> State:
    """Goes on after a pause that began at ``since_us``: off the ball first, then rest, then what is still to do."""
    away_s = (state.t_us - since_us) / 1e6
    why = state.why_paused
    state = state._replace(phase=OFF, why_paused="", said_us=state.t_us, rest_us=None, rest_from_us=state.t_us)
    if away_s > P.KEPT_S:
        return _start_over(state, "long", said)
    if why == "signal" and away_s > P.AWAY_MAX_S:  # nobody knows where the ball was meanwhile
        return _start_over(state, "away", said)
    return state


def _start_over(state: State, why: str, said: list[Prompt]) -> State:
    """The ball lies elsewhere, or too long has passed: earlier ramps are about something else. The load counted stays counted."""
    if state.ramps or state.trial is not None and state.trial.began_us is not None:
        said.append(Prompt(state.t_us, "start_over", {"why": why}))
    fresh = state._replace(ramps=(), holds=(), tried=0, moved=False, share=0.0, painless_kpa=None, felt_kpa=0.0, without_pain=0)
    fresh = fresh._replace(trial=None, cue="")
    if state.phase in (RAMPING, APPROACH, HOLDING):
        return _come_off(fresh, said)
    return fresh._replace(phase=OFF, rest_us=None, rest_from_us=state.t_us) if state.phase == READY else fresh

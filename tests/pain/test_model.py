"""The curve, the lag and the posterior against direct computation and against simulated people."""

import numpy as np
import pytest
from scipy.integrate import quad

from bench import people as simulated
from sixten.pain import curve, model
from sixten.pain.curve import DRIFT
from sixten.pain.model import (
    BETWEEN_DAYS,
    HOLD,
    LN_P6,
    OTHER_SIDE,
    POPULATION,
    RAMP,
    REPLACED,
    Earlier,
    Prior,
    Rating,
    population,
    posterior,
    prior_after,
)

HONEST = simulated.Group("no lapses", coarse=0.0, lapses=0.0)


def visit(n: int, seed: int, group: simulated.Group = simulated.EVERYONE) -> simulated.Visit:
    rng = np.random.default_rng(seed)
    people = simulated.draw(rng, n, group)
    done = simulated.Visit.begin(rng, people)
    for top in (5, 5, 6):
        done.ramp(rng, top)
    done.holds(rng, np.minimum(people.p6, 90.0))
    return done


@pytest.mark.parametrize("g", [0.7, 1.0, 1.3, 1.6])
def test_pain_behind_a_steady_rise_is_the_integral(g: float) -> None:
    for lags in (0.05, 0.3, 1.0, 3.0, 10.0, 40.0):
        exact = quad(lambda s, z=lags: z * np.exp(-z * (1 - s)) * s**g, 0, 1, epsabs=1e-12, limit=200)[0]
        assert curve.lagging(np.array(lags), np.array(g)) == pytest.approx(exact, rel=0.02)


def test_worst_moment_of_a_hold() -> None:
    """The closed form finds the curve's value whose worst moment is 6, as a search through the hold's seconds does."""
    rng = np.random.default_rng(3)
    lag, drift = rng.uniform(0.3, 8, 300), rng.normal(0, 1.2, 300)
    for hold_s in (20.0, 30.0, 60.0):
        settled = curve.settled_for(lag, drift, hold_s)
        t = np.linspace(0, hold_s, 2000)[:, None]
        worst = (settled * -np.expm1(-t / lag) + (0.3 * (settled - 4) + drift) * t / 60).max(axis=0)
        assert np.abs(worst - 6).max() < 0.05


def test_the_ramp_is_the_simulated_ramp() -> None:
    """What the model thinks is felt at a press is what the time-stepped people felt, give or take their breathing and late keys."""
    rng = np.random.default_rng(3)
    people = simulated.draw(rng, 200, simulated.Group("quiet", coarse=0.0, lapses=0.0, noise=1e-9))
    trial = simulated.ramp(rng, people, np.ones(200), 6)
    misses = []
    for i in range(200):
        pressed = np.isfinite(trial.kpa[i, :10])
        theta = [np.log(people.p6[i]), np.log(people.p6[i] / people.p0[i] - 1), people.g[i], np.log(people.rise_s[i])]
        one = curve.Curve.of(np.array([[*theta, np.log(people.delay_s[i]), 0.9, 0.5, 0.0]]))
        ratings = [
            Rating(float(k), int(s), RAMP, float(trial.rate_kpa_s[i, 0]), 0.0, 0)
            for k, s in zip(trial.kpa[i][:10][pressed], trial.score[i][:10][pressed], strict=True)
        ]
        if ratings:
            block = curve.gather(ratings).blocks[0]
            misses.append(curve.log_likelihood(one, np.ones((1, len(ratings))), block, False)[1][0])
    assert abs(np.median(np.concatenate(misses))) < 0.1
    assert np.concatenate(misses).std() < 0.5


def test_holds_are_the_simulated_holds() -> None:
    rng = np.random.default_rng(4)
    people = simulated.draw(rng, 300, simulated.Group("quiet", coarse=0.0, lapses=0.0, noise=1e-9))
    at = 0.95 * np.minimum(people.p6, 95)
    trial = simulated.hold(rng, people, np.ones(300), at, np.zeros(300, dtype=bool))
    theta = np.column_stack(
        [
            np.log(people.p6),
            np.log(people.p6 / people.p0 - 1),
            people.g,
            np.log(people.rise_s),
            np.zeros(300),
            np.full(300, 0.9),
            np.full(300, 0.5),
            people.drift,
        ]
    )
    each = curve.Curve.of(theta)._replace(drift=people.drift[:, None])
    for j, held in enumerate((5.0, 10.0)):
        felt = curve.felt_held(each, trial.kpa[:, j : j + 1], np.array([held]), np.ones((300, 1)))[:, 0]
        off = np.clip(felt, 0, 10) - trial.score[:, j]
        assert abs(off.mean()) < 0.15 and off.std() < 0.6  # a whole number alone scatters by 0.29


def test_same_ratings_same_posterior() -> None:
    ratings = visit(1, 8).ratings(0)
    a, b = posterior(ratings), posterior(list(reversed(ratings)))
    assert np.array_equal(a.theta, b.theta) and np.array_equal(a.weight, b.weight)


def test_the_posterior_is_spread_over_many_draws_and_holds_most_people() -> None:
    """The unknowns that matter lie within their intervals about as often as they should; the draws are worth enough of them."""
    done = visit(80, 9, HONEST)
    true, inside, effective = done.true_kpa(), 0, []
    for i in range(80):
        fitted = posterior(done.ratings(i))
        low, high = fitted.p6_quantiles((0.05, 0.95))
        inside += low < true[i] < high
        effective.append(fitted.effective)
    assert 60 <= inside <= 79
    assert np.median(effective) > 150 and min(effective) > 10


def test_expectation_rises_with_pressure_and_bands_are_ordered() -> None:
    fitted = posterior(visit(1, 8).ratings(0))
    kpa = np.linspace(1, 90, 40)
    expected = [fitted.expected_score(float(p)) for p in kpa]
    assert expected == sorted(expected) and 0 <= expected[0] < 0.5 and expected[-1] <= 10
    assert all(low <= middle <= high for low, middle, high in fitted.band(kpa.tolist()))


def test_the_next_hold_is_where_it_hurts_and_within_the_limit() -> None:
    """A hold below the first pain teaches nothing."""
    fitted = posterior(visit(1, 8).ratings(0))
    limit = fitted.p6_quantiles([0.05])[0]
    assert 0.6 * limit < fitted.next_hold_kpa(limit) <= limit


def test_cost_is_bounded() -> None:
    """In evaluations, not in time: about 22 ratings at 768 draws and 5 to 7 nodes, at most redrawn four times."""
    ratings = visit(1, 8).ratings(0)
    assert posterior(ratings).evaluations < 4 * model.DRAWS * 7 * len(ratings) + model.MODE_STEPS * 20 * len(ratings)


# --- what carries over ---


def earlier(kpa: float, same_side: bool = True) -> Earlier:
    mean, sd = list(POPULATION.mean), list(POPULATION.sd)
    mean[LN_P6], sd[LN_P6] = float(np.log(kpa)), 0.08
    return Earlier(tuple(mean), tuple(sd), same_side)


def test_without_history_the_population() -> None:
    assert prior_after([]) == POPULATION


def test_days_add_up_but_today_stays_uncertain() -> None:
    today = float(np.hypot(BETWEEN_DAYS, REPLACED))
    one, five, many = (prior_after([earlier(50.0)] * n) for n in (1, 5, 20))
    assert POPULATION.sd[LN_P6] > one.sd[LN_P6] > five.sd[LN_P6] > many.sd[LN_P6] > today
    assert many.sd[LN_P6] < 1.05 * today
    assert np.exp(many.mean[LN_P6]) == pytest.approx(50, rel=0.02)
    assert (one.earlier, five.earlier) == (1, 5)


def test_the_other_side_is_a_hint() -> None:
    other = prior_after([earlier(50.0, same_side=False)] * 20)
    assert other.sd[LN_P6] >= OTHER_SIDE and other.earlier == 0
    both = prior_after([earlier(80.0, same_side=False), earlier(50.0)])
    assert both == prior_after([earlier(50.0)])


def test_a_hip_that_hurts_is_given_more_room_to_climb_and_not_sure_lies_between() -> None:
    healthy, unsure, hurts = (population(answer) for answer in (False, None, True))
    assert healthy.mean[DRIFT] < unsure.mean[DRIFT] < hurts.mean[DRIFT]
    assert unsure == POPULATION
    ratings = visit(1, 5, HONEST).ratings(0)
    lines = [posterior(ratings, prior).p6_quantiles((0.05,))[0] for prior in (healthy, unsure, hurts)]
    assert lines[0] > lines[1] > lines[2]
    assert prior_after([earlier(50.0)] * 5, hurts=True).hurts is True
    assert prior_after([], hurts=False) == healthy


def test_what_a_day_said_nothing_about_stays_the_population_s() -> None:
    after = prior_after([earlier(50.0)] * 5)
    assert after.mean[1:] == pytest.approx(POPULATION.mean[1:]) and after.sd[1:] == pytest.approx(POPULATION.sd[1:])


def test_a_prior_is_complete() -> None:
    with pytest.raises(ValueError, match="finite means"):
        Prior((1.0,), (1.0,))
    with pytest.raises(ValueError, match="spreads above 0"):
        Prior(POPULATION.mean, (0.0,) * len(POPULATION.sd))


def test_two_kinds_in_one_trial_are_two_trials() -> None:
    ratings = [Rating(30, 1, RAMP, 2.5, 0, 0), Rating(40, 5, RAMP, 2.5, 0, 0), Rating(30, 2, HOLD, 0, 10, 0)]
    assert len(curve.gather(ratings).usual) == 2

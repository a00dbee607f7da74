"""Tare: what the ball reads with nothing on it, taken only when that can be believed."""

from __future__ import annotations

from collections import deque
from math import nan
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Judged numbers, listed with the others in session/limits.py. In the FSR ball's units they mean the same: both are scaled to its load.
REST_S = 3.0  # untouched before it counts: the ball and its air come to rest
TAKE_S = 2.0  # the zero is the median of this long
SPREAD_KPA = 0.15  # more than this is somebody touching it
DRIFT_KPA_S = 0.05  # more than this is air or rubber still coming to rest
# This much above a zero of this plug-in, and above what warming explains, is load. It is never taken for a zero, whatever is confirmed.
LOADED_KPA = 2.0
MATTERS_KPA = 0.3  # a new zero is worth a word from here on: twice the spread that a zero may have [judged]
WARM_K = 8.0  # further than this from the temperature at the zero, the ball's own drift is more than its noise and creep
# An unloaded sealed ball changes by this much for each kelvin (0.22-0.25, computed); what warming or cooling explains is no load, no leak.
UNLOADED_KPA_PER_K = 0.25
ZERO_ANSWER_S = 30.0  # how long "take the zero" and "nothing touches the ball" hold: time to put the ball down and let it rest [judged]
ZERO_ASKED_S = 8.0  # a ball at rest has found its zero after 5 s; longer without one, and the person is told what to do [judged]

# Rest is judged on `smooth`: 800 single values of an MS5837, 27 Pa each (RMS), would spread by 0.17 kPa at rest.
VALUES_PER_S = 20.0  # far more than `smooth` can change between two of them; 100 are the 5 s
CHECK_EVERY = 10  # values: two checks a second
ALIVE_SHARE = 1 / 3  # of neighbouring steps of `fast` that change sign: white noise makes two thirds, a ramp or a slow wave hardly any
ALIVE_VALUES = 40  # looked at for that: two seconds

# What can be said about the zero; see ZeroNews.kind.
TAKEN, REST, WARM, MOVING, OUTSIDE, DIFFERS = "taken", "rest", "warm", "moving", "outside", "differs"


class ZeroNews(NamedTuple):
    """Something about the zero.

    kind: ``taken``; ``rest`` (the ball has come to rest at another value than its zero); ``warm`` (drift uncertain, once a zero); or why
    there is no new one: ``moving`` (no rest), ``outside`` (no unloaded ball of this kind reads that), ``differs`` (too far from this
    ball's last one). zero_kpa: what the ball reads at rest, before any zero is taken off; NaN if it does not rest. off_kpa: that above
    the zero that stands, or else above this ball's last one. missing_kpa: how much of a fall below the zero cooling does not explain; 0
    for a ball without air. warmed_k: since the zero. asked: it answers the person.
    """

    t_us: int
    kind: str
    zero_kpa: float = nan
    off_kpa: float = 0.0
    missing_kpa: float = 0.0
    temperature_c: float | None = None
    warmed_k: float = 0.0
    asked: bool = False


class Rest(NamedTuple):
    """How the ball has been lying for 5 s. zero_kpa: the median of the last 2 s, NaN unless ``quiet``: then it may be a zero."""

    zero_kpa: float
    quiet: bool


class RestWatch:
    """Keeps a thinned-out ``smooth`` of the last 5 s and judges it twice a second; the chunking does not matter."""

    def __init__(self, rate_hz: float) -> None:
        self.alive = False  # it has been seen to be noisy, as every real sensor is
        self._every = max(1, round(rate_hz / VALUES_PER_S))
        per_s = rate_hz / self._every
        self._per_half = round(TAKE_S * per_s / 2)
        self._recent: deque[float] = deque(maxlen=round((REST_S + TAKE_S) * per_s))
        self._noise: list[float] = []
        self.restart()

    def restart(self) -> None:
        """The stretch of rest was broken (a gap, a fault)."""
        self._recent.clear()
        self._noise.clear()
        self._skip = 0  # values until the next one that is kept
        self._unchecked = 0

    def feed(self, fast: NDArray[np.float64], smooth: NDArray[np.float64]) -> list[tuple[int, Rest | None]]:
        """The next values, shape (n,) each, no zero taken off: (index, judgement) where one is due, None before 5 s."""
        n = len(fast)
        if self._skip >= n:
            self._skip -= n
            return []
        out: list[tuple[int, Rest | None]] = []
        i = self._skip
        while i < n:
            self._recent.append(float(smooth[i]))
            if not self.alive:
                self._listen(float(fast[i]))
            self._unchecked += 1
            if self._unchecked == CHECK_EVERY:
                self._unchecked = 0
                out.append((i, self._judge()))
            i += self._every
        self._skip = i - n
        return out

    def _listen(self, value: float) -> None:
        self._noise.append(value)
        if len(self._noise) == ALIVE_VALUES:
            steps = np.diff(self._noise)
            self.alive = bool(np.count_nonzero(steps[1:] * steps[:-1] < 0) >= ALIVE_SHARE * len(steps))
            self._noise.clear()

    def _judge(self) -> Rest | None:
        values = list(self._recent)
        if len(values) < (self._recent.maxlen or 0):
            return None
        if max(values) - min(values) > SPREAD_KPA:
            return Rest(nan, False)
        half = self._per_half
        last = values[-2 * half :]
        drift = (sum(last[half:]) - sum(last[:half])) / half / (TAKE_S / 2)
        return Rest(median(last), True) if abs(drift) <= DRIFT_KPA_S else Rest(nan, False)


class ZeroKeeper:
    """Holds the zero of one ball from plug-in on, and decides which rest becomes it: the first by itself, later ones when asked.

    Somebody lying quite still looks like rest too. Only what an unloaded ball may read tells the two apart, and this ball's last zero.
    """

    def __init__(self, last_kpa: float | None = None) -> None:
        """last_kpa: this ball's last zero of another day, if there was one."""
        self.zero_kpa: float | None = None
        self.zero_c: float | None = None  # the temperature then
        self.drifting = False  # too warm or too cold for that zero
        self._last_kpa = last_kpa
        self._warm_told = False
        self._told: set[str] = set()
        self._wanted_us: int | None = None  # "take the zero" was said then
        self._untouched_us: int | None = None  # "nothing touches the ball" was said then

    @property
    def settled(self) -> bool:
        """There is a zero, and the next check will not change it."""
        return self.zero_kpa is not None and self._wanted_us is None

    def want(self, t_us: int) -> None:
        """The person asks for a new zero: the next rest is taken, within ``ZERO_ANSWER_S``."""
        self._wanted_us, self._told = t_us, set()

    def untouched(self, t_us: int) -> None:
        """The person says that nothing touches the ball: a rest far from its last zero may be taken, within ``ZERO_ANSWER_S``."""
        self._untouched_us = t_us
        if self._wanted_us is not None:
            self._wanted_us = t_us

    def check(
        self, t_us: int, rest: Rest | None, between_kpa: tuple[float, float], differs_kpa: float, air: bool, temperature_c: float | None
    ) -> list[ZeroNews]:
        """What ``rest``, judged at ``t_us``, means for the zero. between_kpa, differs_kpa, air: see ``Sensor``."""
        out: list[ZeroNews] = []
        warmed_k = temperature_c - self.zero_c if temperature_c is not None and self.zero_c is not None else 0.0
        self.drifting = abs(warmed_k) > WARM_K
        if self.drifting and not self._warm_told:
            self._warm_told = True
            out.append(ZeroNews(t_us, WARM, temperature_c=temperature_c, warmed_k=warmed_k))
        if rest is None:
            return out
        if self._wanted_us is not None and t_us - self._wanted_us > ZERO_ANSWER_S * 1e6:
            self._wanted_us = None
        off_kpa = rest.zero_kpa - self._last_kpa if rest.quiet and self._last_kpa is not None else 0.0
        thermal_kpa = UNLOADED_KPA_PER_K * warmed_k if air else 0.0
        loaded = self.zero_kpa is not None and off_kpa - max(0.0, thermal_kpa) >= LOADED_KPA
        if self.zero_kpa is not None and self._wanted_us is None:
            if MATTERS_KPA <= abs(off_kpa) and not loaded:
                missing_kpa = -off_kpa + min(0.0, thermal_kpa) if air else 0.0
                out.append(ZeroNews(t_us, REST, rest.zero_kpa, off_kpa, max(0.0, missing_kpa), temperature_c, warmed_k))
            return out
        kind = OUTSIDE if loaded else self._verdict(t_us, rest, off_kpa, between_kpa, differs_kpa)
        news = ZeroNews(t_us, kind, rest.zero_kpa, off_kpa, 0.0, temperature_c, warmed_k)
        if kind == TAKEN:
            self.zero_kpa = self._last_kpa = rest.zero_kpa
            self.zero_c, self.drifting, self._warm_told, self._told = temperature_c, False, False, set()
            self._wanted_us = self._untouched_us = None
            return [*out, news]
        early = kind == MOVING and self._wanted_us is not None and t_us - self._wanted_us < ZERO_ASKED_S * 1e6
        if kind in self._told or early:
            return out
        self._told = {*self._told, kind} if self._wanted_us is not None else {kind}
        return [*out, news._replace(asked=self._wanted_us is not None)]

    def _verdict(self, t_us: int, rest: Rest, off_kpa: float, between_kpa: tuple[float, float], differs_kpa: float) -> str:
        if not rest.quiet:
            return MOVING
        if not between_kpa[0] <= rest.zero_kpa <= between_kpa[1]:
            return OUTSIDE
        untouched = self._untouched_us is not None and t_us - self._untouched_us <= ZERO_ANSWER_S * 1e6
        return DIFFERS if abs(off_kpa) > differs_kpa and not untouched else TAKEN

#include "guard.h"

#include <string.h>

#include "clock.h"
#include "flash.h"

/* After this long without a good sample the last one no longer counts. */
#define STALE_US 250000u
/* Time between two good samples that still counts as one stretch; the host's rule. */
#define STRETCH_US 50000u
#define SATURATED_RUN 2u
#define BAROMETER_RUN 2u
#define WINDOW_MAX_S 600u

/* See zero.h and, for the numbers in kPa, the host's session rules: spread 0.15 kPa, drift 0.05 kPa/s. A barometer unloaded reads
 * the weather: 50 kPa lies above every place where people live, 108.5 is the highest ever at sea level. The FSR's are the same loads
 * near its zero, where one `rel.` (4.095 N) is 814 counts: 2 % of span around its nominal zero, and never an open wire. */
static const struct zero_rules pascal_rules = {150, 50, 50000, 108500};
static const struct zero_rules raw_rules = {122, 41, 160, 667 + 1547};
#define NOMINAL_ZERO_PASCALS 101325
#define NOMINAL_ZERO_RAW 667

/* The minimum-norm filter of eight taps with zeros at 50 and 60 Hz at 300.48 samples a second, in 1/1024; they add up to 1024. */
static const uint16_t taps[GUARD_TAPS / 2] FLASH = {111, 81, 128, 192};

void guard_start(struct guard *guard, bool barometer, uint32_t device_limit)
{
    memset(guard, 0, sizeof *guard);
    guard->barometer = barometer;
    guard->device_limit = device_limit;
    guard->state = GUARD_BLIND;
    zero_restart(&guard->taker);
}

uint32_t guard_limit(const struct guard *guard)
{
    return guard->limit != 0 && guard->limit < guard->device_limit ? guard->limit : guard->device_limit;
}

uint32_t guard_release(const struct guard *guard)
{
    if (guard->limit != 0 && guard->limit < guard->device_limit)
        return guard->release;
    return guard->device_limit - guard->device_limit / 20;
}

bool guard_set(struct guard *guard, uint32_t limit, uint32_t release)
{
    uint32_t least = guard->barometer ? GUARD_LEAST_PASCALS : GUARD_LEAST_RAW;

    if ((limit != 0 || release != 0) && (release < least / 2 || limit < least || release >= limit || limit > guard->device_limit))
        return false;
    guard->limit = limit;
    guard->release = release;
    guard->run = 0;
    return true;
}

static const struct zero_rules *rules_of(const struct guard *guard)
{
    return guard->barometer ? &pascal_rules : &raw_rules;
}

bool guard_set_zero(struct guard *guard, int32_t zero)
{
    const struct zero_rules *rules = rules_of(guard);

    if (zero < rules->lowest || zero > rules->highest)
        return false;
    guard->zero = zero;
    guard->has_zero = true;
    guard->wants_zero = false;
    return true;
}

void guard_take_zero(struct guard *guard)
{
    guard->wants_zero = true;
    zero_restart(&guard->taker);
}

bool guard_window(struct guard *guard, uint32_t min_s, uint32_t max_s, uint32_t work)
{
    if (min_s > max_s || max_s > WINDOW_MAX_S || work >= guard_limit(guard))
        return false;
    guard->min_s = (uint16_t)min_s;
    guard->max_s = (uint16_t)max_s;
    guard->work = work;
    guard->counted_us = 0;
    guard->told_min = false;
    return true;
}

int32_t guard_filter(struct guard *guard, uint16_t raw)
{
    uint32_t sum = 0;

    if (!guard->filled) {
        /* Settled on the first value, as if it had been there for ever. */
        for (uint8_t i = 0; i < GUARD_TAPS; i++)
            guard->taps[i] = raw;
        guard->filled = true;
    }
    guard->taps[guard->at] = raw;
    guard->at = (uint8_t)((guard->at + 1u) % GUARD_TAPS);
    /* The filter is symmetric: the i-th oldest and the i-th latest share a tap. 2 * 32736 * 1024 fits in 32 bits. */
    for (uint8_t i = 0; i < GUARD_TAPS / 2; i++) {
        uint8_t old = (uint8_t)((guard->at + i) % GUARD_TAPS);
        uint8_t late = (uint8_t)((guard->at + (GUARD_TAPS - 1) - i) % GUARD_TAPS);
        uint32_t pair = (uint32_t)guard->taps[old] + guard->taps[late];
        sum += pair * flash_u16(&taps[i]);
    }
    return (int32_t)((sum + 512u) >> 10);
}

static uint8_t take_zero(struct guard *guard, const struct sample *sample)
{
    const struct zero_rules *rules = rules_of(guard);
    int32_t zero;

    if (!zero_feed(&guard->taker, rules, sample->t_us, sample->level, &zero))
        return 0;
    /* Once there is a zero, the guard by itself only lowers it: a load can make the ball read more but never less, so a lower rest is
     * a truer one (thinner air, a cooler ball), and it brings the alarm nearer. A higher one might be somebody who lies still. */
    if (guard->has_zero && !guard->wants_zero && zero >= guard->zero - rules->spread)
        return 0;
    guard->zero = zero;
    guard->has_zero = true;
    guard->wants_zero = false;
    return GUARD_TOLD_ZERO;
}

static uint8_t time_window(struct guard *guard, uint32_t since_us, int32_t above)
{
    if (guard->max_s == 0 || guard->state == GUARD_OVER || above < (int32_t)guard->work)
        return 0;
    guard->counted_us += since_us;
    if (guard->counted_us >= guard->max_s * 1000000u) {
        guard->max_s = 0;
        return GUARD_TOLD_MAX;
    }
    if (!guard->told_min && guard->counted_us >= guard->min_s * 1000000u) {
        guard->told_min = true;
        return GUARD_TOLD_MIN;
    }
    return 0;
}

static uint8_t judge(struct guard *guard, const struct sample *sample, int32_t above)
{
    int32_t limit = (int32_t)guard_limit(guard);
    bool saturated = (sample->flags & SAMPLE_SATURATED) != 0;
    bool was_over = guard->state == GUARD_OVER;
    bool over = saturated || above > limit;
    uint8_t needed = saturated ? SATURATED_RUN : guard->barometer ? BAROMETER_RUN : 1;

    if (!over)
        guard->run = 0;
    else if (guard->run < 255)
        guard->run++;
    if (guard->run >= needed || (was_over && (over || above >= (int32_t)guard_release(guard))))
        guard->state = GUARD_OVER;
    else if (!guard->has_zero)
        guard->state = GUARD_UNSET;
    else
        guard->state = above >= limit - limit / 20 ? GUARD_NEAR : GUARD_OK;
    if (was_over == (guard->state == GUARD_OVER))
        return 0;
    return was_over ? GUARD_TOLD_OFF : GUARD_TOLD_ON;
}

uint8_t guard_sample(struct guard *guard, const struct sample *sample)
{
    uint32_t since_us = sample->t_us - guard->trusted_us;
    int32_t value = sample->level;
    int32_t zero = guard->barometer ? NOMINAL_ZERO_PASCALS : NOMINAL_ZERO_RAW;
    uint8_t told;

    guard->t_us = sample->t_us;
    if (sample->flags & SAMPLE_FAULT) {
        bool was_over = guard->state == GUARD_OVER;
        zero_restart(&guard->taker);
        guard->run = 0;
        guard->filled = false;
        if (since_us < STALE_US)
            return 0; /* what was last trusted still holds */
        /* Kept exactly stale, so that time that goes on cannot wrap it into the future. */
        guard->trusted_us = sample->t_us - STALE_US;
        guard->state = GUARD_BLIND;
        return was_over ? GUARD_TOLD_OFF : 0;
    }
    guard->trusted_us = sample->t_us;
    if (!guard->barometer)
        value = guard_filter(guard, (uint16_t)sample->level);
    if (guard->has_zero)
        zero = guard->zero;
    told = judge(guard, sample, value - zero);
    if (since_us <= STRETCH_US)
        told |= time_window(guard, since_us, value - zero);
    if (guard->state != GUARD_OVER && (sample->flags & SAMPLE_SATURATED) == 0)
        told |= take_zero(guard, sample);
    else
        zero_restart(&guard->taker);
    return told;
}

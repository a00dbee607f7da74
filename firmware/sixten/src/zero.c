#include "zero.h"

#include <string.h>

#include "clock.h"

void zero_restart(struct zero_taker *taker)
{
    taker->blocks = 0;
    taker->count = 0;
}

static int32_t median(const int32_t *means)
{
    int32_t sorted[ZERO_TAKE_BLOCKS];

    memcpy(sorted, means, sizeof sorted);
    for (uint8_t i = 1; i < ZERO_TAKE_BLOCKS; i++) {
        uint8_t at = i;
        for (; at > 0 && sorted[at - 1] > means[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = means[i];
    }
    return (sorted[ZERO_TAKE_BLOCKS / 2 - 1] + sorted[ZERO_TAKE_BLOCKS / 2]) / 2;
}

static int32_t distance(int32_t a, int32_t b)
{
    return a > b ? a - b : b - a;
}

static int32_t drift_of(const int32_t *means)
{
    int32_t before = 0, after = 0;

    for (uint8_t i = 0; i < ZERO_TAKE_BLOCKS / 2; i++) {
        before += means[i];
        after += means[i + ZERO_TAKE_BLOCKS / 2];
    }
    return distance(before, after) / (ZERO_TAKE_BLOCKS / 2);
}

static void add_block(struct zero_taker *taker, const struct zero_rules *rules, int32_t mean)
{
    for (uint8_t i = 0; i + 1 < ZERO_TAKE_BLOCKS; i++)
        taker->means[i] = taker->means[i + 1];
    taker->means[ZERO_TAKE_BLOCKS - 1] = mean;
    if (taker->blocks == 0 || mean < taker->lowest)
        taker->lowest = mean;
    if (taker->blocks == 0 || mean > taker->highest)
        taker->highest = mean;
    if (taker->highest - taker->lowest > rules->spread) {
        /* Not at rest. This block may be the first of the next rest. */
        taker->lowest = taker->highest = mean;
        taker->blocks = 0;
    }
    if (taker->blocks < ZERO_REST_BLOCKS)
        taker->blocks++;
}

bool zero_feed(struct zero_taker *taker, const struct zero_rules *rules, uint32_t t_us, int32_t level, int32_t *zero)
{
    if (taker->count == 0) {
        taker->sum = 0;
        taker->block_end_us = t_us + ZERO_BLOCK_US;
    }
    /* 3 MPa in pascals, 76 times a quarter second: far below 2^31. */
    taker->sum += level;
    taker->count++;
    if (!is_due(t_us, taker->block_end_us))
        return false;
    add_block(taker, rules, taker->sum / (int32_t)taker->count);
    taker->count = 0;
    if (taker->blocks < ZERO_REST_BLOCKS || drift_of(taker->means) > rules->drift)
        return false;
    *zero = median(taker->means);
    return *zero >= rules->lowest && *zero <= rules->highest;
}

/* What the unloaded ball reads, taken only when that can be believed: 3 s of rest, then the median of 2 s.
 *
 * RAM for 2 s of samples is not there, so the median is that of eight means of a quarter second. A mean also takes the sensor's own
 * noise out of the test for rest (an MS5837's noise alone spreads wider than what is allowed), and whatever the median of the single
 * samples would be, it lies within the same spread.
 */
#ifndef SIXTEN_ZERO_H
#define SIXTEN_ZERO_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ZERO_BLOCK_US 250000u
#define ZERO_TAKE_BLOCKS 8  /* 2 s */
#define ZERO_REST_BLOCKS 20 /* 3 s and the 2 s */

struct zero_rules {
    int32_t spread; /* most and least block of the 5 s may differ by this */
    int32_t drift;  /* the two halves of the 2 s, whose middles are 1 s apart, by this */
    int32_t lowest, highest; /* where an unloaded ball can be at all */
};

struct zero_taker {
    int32_t lowest, highest;         /* mean since the rest began */
    int32_t sum;
    uint32_t block_end_us;
    uint16_t count;
    uint8_t blocks; /* since the rest began; stays at ZERO_REST_BLOCKS */
    int32_t means[ZERO_TAKE_BLOCKS]; /* the latest is last */
};

/* The rest was broken, or a new zero is wanted. */
void zero_restart(struct zero_taker *taker);

/* The next good sample. True when it completed a zero, which is then in *zero; from then on every quarter second of further rest
 * completes one. */
bool zero_feed(struct zero_taker *taker, const struct zero_rules *rules, uint32_t t_us, int32_t level, int32_t *zero);

#ifdef __cplusplus
}
#endif

#endif

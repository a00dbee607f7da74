/* The guard: says when the ball is pressed harder than the limit, and times the window. Needs no host.
 *
 * It counts in `level` (sample.h): raw counts of an FSR, pascals of a barometer. Limits are kept above a zero, which the guard takes
 * by itself from the unloaded ball (zero.h). Until there is one it never says that all is well; the device limit then counts from a
 * nominal zero, as late is better than never.
 */
#ifndef SIXTEN_GUARD_H
#define SIXTEN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "sample.h"
#include "zero.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 95 kPa, which nobody is asked to exceed: 389 N on the 65/8 air ball (computed). For the FSR the same newtons: conductance
 * 0.633 uS/N beside 470 kilohm, over 10 kilohm, gives 23346 counts, and 667 unloaded (design values, not measured on a ball). */
#define GUARD_DEVICE_PASCALS 95000u
#define GUARD_DEVICE_RAW 22679u
/* Less than this above the zero is drift and bedding, no limit: 2 kPa, and about the same for the FSR. */
#define GUARD_LEAST_PASCALS 2000u
#define GUARD_LEAST_RAW 800u

/* 8 taps, the same filter as the host's `fast` (null at 50 and 60 Hz), in 1/1024. */
#define GUARD_TAPS 8

enum guard_state {
    GUARD_BLIND, /* no good sample for a quarter second */
    GUARD_UNSET, /* no zero yet, so no limit that can be relied on */
    GUARD_OK,
    GUARD_NEAR, /* at 95 % of the limit or more */
    GUARD_OVER
};

/* What guard_sample tells; a sum. */
enum { GUARD_TOLD_ON = 1, GUARD_TOLD_OFF = 2, GUARD_TOLD_ZERO = 4, GUARD_TOLD_MIN = 8, GUARD_TOLD_MAX = 16 };

struct guard {
    uint32_t device_limit;      /* above the zero, as all limits here */
    uint32_t limit, release;    /* a person's own, 0 = none */
    int32_t zero;               /* valid with has_zero */
    uint32_t t_us;              /* of the latest sample */
    uint32_t trusted_us;        /* of the latest good one */
    uint32_t counted_us;        /* time in work */
    uint32_t work;              /* above the zero; from here on the window's clock runs */
    uint16_t min_s, max_s;      /* of the window; 0 = none */
    uint8_t at;
    uint8_t run;                /* samples over the limit, in a row */
    uint8_t state;              /* enum guard_state */
    bool barometer;
    bool has_zero;
    bool wants_zero;            /* the next zero replaces the present one, whatever it is */
    bool filled;                /* the filter has its first value */
    bool told_min;
    /* The large ones last: an AVR reaches the first 64 bytes of a structure with half the code. */
    uint16_t taps[GUARD_TAPS];  /* the latest raw counts; the latest of all is before `at` */
    struct zero_taker taker;
};

/* For another sensor: forgets zero, limits and window. */
void guard_start(struct guard *guard, bool barometer, uint32_t device_limit);

/* Returns a sum of GUARD_TOLD_... */
uint8_t guard_sample(struct guard *guard, const struct sample *sample);

/* The limit and the release that count now, above the zero. */
uint32_t guard_limit(const struct guard *guard);
uint32_t guard_release(const struct guard *guard);

/* A person's limit. False, and nothing changed, unless least <= release < limit <= device limit. 0,0 = none. */
bool guard_set(struct guard *guard, uint32_t limit, uint32_t release);
bool guard_set_zero(struct guard *guard, int32_t zero);
void guard_take_zero(struct guard *guard);
/* Starts counting anew. False unless min <= max <= 600 s and work < limit. 0,0,0 = no window. */
bool guard_window(struct guard *guard, uint32_t min_s, uint32_t max_s, uint32_t work);

/* The host's `fast`, from the latest eight raw counts; exposed for the tests. */
int32_t guard_filter(struct guard *guard, uint16_t raw);

#ifdef __cplusplus
}
#endif

#endif

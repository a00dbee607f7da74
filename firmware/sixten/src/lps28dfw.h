/* ST LPS28DFW: absolute pressure, 26-406 kPa in its wide mode, 200 samples a second.
 *
 * "D28" = ST datasheet DS13317 rev 1 (12/2021).
 */
#ifndef SIXTEN_LPS28DFW_H
#define SIXTEN_LPS28DFW_H

#include <stdint.h>

#include "driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LPS28DFW_PERIOD_US 5000u
#define LPS28DFW_RATE_MHZ 200000u
/* 98 % of the 406 kPa of mode 2, at 2048 counts a hectopascal (D28): beyond it a load may be larger than it reads. */
#define LPS28DFW_RAW_SATURATED 8148582
#define LPS28DFW_EXTRA_EVERY 40u

struct lps28dfw {
    uint32_t due_us;   /* the next transfer is not before this */
    uint32_t until_us; /* the present wait is over, one way or the other, at this time */
    uint32_t seen_us;  /* when the latest sample was seen to be ready */
    int32_t narrow;    /* the same air in mode 1, for comparison */
    uint8_t address;   /* 0 = not known yet */
    uint8_t step;
    uint8_t failures; /* transfers in a row that failed */
    uint8_t missed;   /* the sensor said that samples were overwritten */
    uint8_t since_extra;
};

extern const struct sensor_driver lps28dfw_driver; /* in flash */

/* Counts of mode 2 to pascals, rounded down: raw * 100 / 2048. */
int32_t lps28dfw_pascals(int32_t raw);

#ifdef __cplusplus
}
#endif

#endif

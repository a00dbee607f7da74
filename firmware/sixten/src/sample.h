/* One measurement as it goes out in a D line, whatever the sensor. */
#ifndef SIXTEN_SAMPLE_H
#define SIXTEN_SAMPLE_H

#include <stdint.h>

enum {
    SAMPLE_SATURATED = 0x01,
    SAMPLE_FAULT = 0x02,
    SAMPLE_DROPPED_BEFORE = 0x04
};

struct sample {
    uint32_t number; /* samples taken before this one since the board started; the wire carries the low 16 bits */
    uint32_t t_us;   /* device time of the end of the last conversion, microseconds, wraps */
    uint16_t raw;    /* counts; for the FSR the sum of FSR_OVERSAMPLE conversions */
    uint8_t flags;   /* sum of SAMPLE_... */
};

#endif

/* One measurement as it goes out in a D line, whatever the sensor. */
#ifndef SIXTEN_SAMPLE_H
#define SIXTEN_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SAMPLE_SATURATED = 0x01,
    SAMPLE_FAULT = 0x02,
    SAMPLE_DROPPED_BEFORE = 0x04,
    SAMPLE_GUARD_ON = 0x08,
    SAMPLE_MOTOR_ON = 0x10
};

struct sample {
    uint32_t number; /* samples taken before this one since the sensor was chosen; the wire carries the low 16 bits */
    uint32_t t_us;   /* device time of the end of the last conversion, microseconds, wraps */
    uint32_t raw;    /* what the sensor gave; 0 if it gave nothing */
    int32_t level;   /* what the guard compares: the FSR's raw, a barometer's pascals (absolute) */
    int32_t extra;   /* temperature or the like, see the sensor; only with has_extra */
    uint8_t flags;   /* sum of SAMPLE_... */
    bool has_extra;
};

#endif

/* Device time in microseconds wraps after 71.6 minutes, so two times are compared by their distance. */
#ifndef SIXTEN_CLOCK_H
#define SIXTEN_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* True once `now_us` has reached `due_us`; right for times less than 35 minutes apart. */
static inline bool is_due(uint32_t now_us, uint32_t due_us)
{
    return now_us - due_us < 0x80000000u;
}

#endif

/* What the board shows, sounds and shakes, from what the guard knows. A pure function of time and state; the board owns the pins. */
#ifndef SIXTEN_SIGNALS_H
#define SIXTEN_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LIGHT_GREEN = 1, LIGHT_AMBER = 2, LIGHT_RED = 4 };

/* Low enough for ears that lost the high tones, with harmonics because it is a square wave. */
#define SIGNALS_ALARM_HZ 440u
#define SIGNALS_BEEP_HZ 600u
#define SIGNALS_SHORT_MS 200u
#define SIGNALS_LONG_MS 1000u

struct outputs {
    uint16_t tone_hz; /* 0 = silent */
    uint8_t lights;   /* sum of LIGHT_... */
    bool motor;
};

struct signals {
    struct outputs out;
    uint32_t since_us; /* the alarm's or the blinking's start */
    uint32_t beep_until_us;
    uint16_t beep_hz;
    uint8_t state;     /* of the guard, at the latest update */
    bool beeping;
    bool motor_ran;    /* since signals_motor_ran was asked last */
};

/* state: enum guard_state. kept: a limit was carried over from another day. fault: something is wrong with the sensor. Call it at
 * least every 4 ms; the motor is then never on for more than 100 ms at a time. */
void signals_update(struct signals *signals, uint8_t state, bool kept, bool fault, uint32_t now_us);

/* A tone of its own; the alarm covers it. */
void signals_beep(struct signals *signals, uint16_t hz, uint16_t ms, uint32_t now_us);

/* True if the motor ran at any time since the last call. */
bool signals_motor_ran(struct signals *signals);

#ifdef __cplusplus
}
#endif

#endif

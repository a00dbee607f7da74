#include "signals.h"

#include "clock.h"
#include "guard.h"

/* The alarm is three pulses and a pause, the shape of a medium-priority alarm. The motor shakes the ball and the supply, so its
 * pulses stay under 100 ms, 4 ms for the update included. */
#define ALARM_PERIOD_MS 1250u
#define ALARM_STEP_MS 250u
#define ALARM_STEPS 3u
#define ALARM_TONE_MS 150u
#define ALARM_MOTOR_MS 95u
/* At most one flash a second, or two: slow enough for everybody. */
#define BLINK_PERIOD_MS 1000u
#define BLINK_ON_MS 100u
#define BLINK_SECOND_MS 300u
#define FAULT_HALF_MS 250u

static bool within(uint16_t at_ms, uint16_t from_ms, uint16_t length_ms)
{
    return at_ms >= from_ms && at_ms - from_ms < length_ms;
}

static void alarm(struct outputs *out, uint16_t at_ms)
{
    out->lights = LIGHT_RED;
    if (at_ms >= ALARM_STEPS * ALARM_STEP_MS)
        return;
    while (at_ms >= ALARM_STEP_MS)
        at_ms = (uint16_t)(at_ms - ALARM_STEP_MS);
    if (at_ms < ALARM_TONE_MS)
        out->tone_hz = SIGNALS_ALARM_HZ;
    out->motor = at_ms < ALARM_MOTOR_MS;
}

void signals_update(struct signals *signals, uint8_t state, bool kept, bool fault, uint32_t now_us)
{
    struct outputs *out = &signals->out;
    uint16_t period_ms = state == GUARD_OVER ? ALARM_PERIOD_MS : BLINK_PERIOD_MS;
    uint16_t at;

    if (state != signals->state) {
        signals->state = state;
        signals->since_us = now_us;
    }
    /* Kept within one period, so that the wrap of time leaves no jump. */
    if (now_us - signals->since_us >= period_ms * (uint32_t)1000)
        signals->since_us += period_ms * (uint32_t)1000;
    at = (uint16_t)((now_us - signals->since_us) / 1000u);

    out->lights = 0;
    out->tone_hz = 0;
    out->motor = false;
    if (state == GUARD_OVER)
        alarm(out, at);
    else if (state == GUARD_BLIND || fault)
        out->lights = (at / FAULT_HALF_MS) % 2 == 0 ? LIGHT_AMBER : LIGHT_RED;
    else if (state == GUARD_UNSET)
        out->lights = within(at, 0, BLINK_ON_MS) || (kept && within(at, BLINK_SECOND_MS, BLINK_ON_MS)) ? LIGHT_AMBER : 0;
    else
        out->lights = state == GUARD_NEAR ? LIGHT_AMBER : LIGHT_GREEN;

    if (signals->beeping && is_due(now_us, signals->beep_until_us))
        signals->beeping = false;
    if (signals->beeping && state != GUARD_OVER)
        out->tone_hz = signals->beep_hz;
    signals->motor_ran = signals->motor_ran || out->motor;
}

void signals_beep(struct signals *signals, uint16_t hz, uint16_t ms, uint32_t now_us)
{
    signals->beeping = true;
    signals->beep_hz = hz;
    signals->beep_until_us = now_us + (uint32_t)ms * 1000u;
}

bool signals_motor_ran(struct signals *signals)
{
    bool ran = signals->motor_ran;
    signals->motor_ran = signals->out.motor;
    return ran;
}

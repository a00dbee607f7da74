/* What a sensor driver is: three functions and a period. See sensor.h for how they are used.
 *
 * Nothing in a driver waits: its step is called whenever the board is awake and does the little that is due.
 */
#ifndef SIXTEN_DRIVER_H
#define SIXTEN_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "line.h"
#include "sample.h"

/* What a step came to. */
enum sensor_result {
    SENSOR_WAIT,    /* nothing yet */
    SENSOR_ABSENT,  /* nothing there answers */
    SENSOR_REFUSED, /* something answers, but it is another sensor or broken; turn->fault says which */
    SENSOR_READY,   /* identified and running; samples follow */
    SENSOR_SAMPLE,  /* *turn->sample is filled; its number is how many samples this comes after the one before, normally 1 */
    SENSOR_GONE     /* was running and no longer answers, or no longer converts */
};

/* Why an answering sensor is not used. */
enum sensor_fault { SENSOR_FAULT_NONE, SENSOR_FAULT_ID, SENSOR_FAULT_PROM, SENSOR_FAULT_MODE, SENSOR_FAULT_STUCK };

struct fsr_sum;

/* What a step may use. */
struct sensor_turn {
    uint32_t now_us;           /* device time, wraps */
    const struct fsr_sum *sum; /* the next sum of the input A0, or NULL if there is none now */
    struct bus *bus;
    struct sample *sample;
    uint8_t fault;    /* enum sensor_fault */
    uint32_t wake_us; /* out: nothing is to be done before this, unless a sum comes or a transfer ends */
};

/* state: the driver's own structure, which lives in union sensor_state. */
struct sensor_driver {
    /* Begin anew, at boot or after a loss. What must survive a loss (the address found) stays in *state, which is all zero at boot. */
    void (*start)(void *state, uint32_t now_us);
    enum sensor_result (*step)(void *state, struct sensor_turn *turn);
    /* Flash text: what a host must know of this sensor, `key=value|key=value...` */
    const char *pairs;
    /* Adds what is special to this very piece, `,key=value`; NULL if there is nothing. */
    void (*own_pair)(const void *state, struct line *line);
    uint32_t period_us; /* nominal, between two samples */
    uint32_t rate_mhz;  /* 10^9 / period_us, rounded */
};

#endif

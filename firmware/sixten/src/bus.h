/* One I2C transfer at a time: a sensor asks, the board carries it out meanwhile, the sensor finds the result. Nobody waits.
 *
 *     FREE -> bus_ask -> ASKED -> (board) -> BUSY -> DONE or FAILED -> bus_take -> FREE
 *
 * Only one sensor uses the bus, so one place is the whole queue.
 */
#ifndef SIXTEN_BUS_H
#define SIXTEN_BUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest transfer: five bytes of pressure and temperature. */
#define BUS_BYTES 6

enum bus_state { BUS_FREE, BUS_ASKED, BUS_BUSY, BUS_DONE, BUS_FAILED };

struct bus {
    uint8_t address; /* 7 bits */
    uint8_t write_count;
    uint8_t read_count; /* after a repeated start; 0 = only write */
    uint8_t state;      /* enum bus_state */
    uint8_t data[BUS_BYTES]; /* first what is written, then what was read */
};

/* A transfer that is always the same: a driver has a table of them in flash, one for each of its steps. */
struct bus_order {
    uint8_t write_count; /* 1 or 2 */
    uint8_t read_count;
    uint8_t first, second; /* what is written */
};

/* Asks for the transfer at `order`, in flash; the bus must be FREE. `add` is added to the first byte that is written. */
void bus_ask(struct bus *bus, uint8_t address, const struct bus_order *order, uint8_t add);

/* What the bus came to: a transfer that ended is taken off it. *failures: those in a row, the latest included. */
uint8_t bus_take(struct bus *bus, uint8_t *failures);

#ifdef __cplusplus
}
#endif

#endif

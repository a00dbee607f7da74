/* One I2C transfer at a time: a sensor asks, the board carries it out meanwhile, the sensor finds the result. Nobody waits.
 *
 *     FREE -> bus_ask -> ASKED -> (board) -> BUSY -> DONE or FAILED -> (sensor) -> FREE
 *
 * Only one sensor uses the bus, so one place is the whole queue.
 */
#ifndef SIXTEN_BUS_H
#define SIXTEN_BUS_H

#include <stdint.h>

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

/* Ask for: write first and, if write_count is 2, second; then read read_count bytes. The bus must be FREE. */
static inline void bus_ask(struct bus *bus, uint8_t address, uint8_t write_count, uint8_t first, uint8_t second, uint8_t read_count)
{
    bus->address = address;
    bus->write_count = write_count;
    bus->read_count = read_count;
    bus->data[0] = first;
    bus->data[1] = second;
    bus->state = BUS_ASKED;
}

#endif

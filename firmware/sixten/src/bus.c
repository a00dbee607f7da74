#include "bus.h"

#include "flash.h"

void bus_ask(struct bus *bus, uint8_t address, const struct bus_order *order, uint8_t add)
{
    bus->address = address;
    bus->write_count = (uint8_t)flash_char(&order->write_count);
    bus->read_count = (uint8_t)flash_char(&order->read_count);
    bus->data[0] = (uint8_t)((uint8_t)flash_char(&order->first) + add);
    bus->data[1] = (uint8_t)flash_char(&order->second);
    bus->state = BUS_ASKED;
}

uint8_t bus_take(struct bus *bus, uint8_t *failures)
{
    uint8_t state = bus->state;

    if (state == BUS_DONE)
        *failures = 0;
    else if (state == BUS_FAILED)
        ++*failures;
    else
        return state;
    bus->state = BUS_FREE;
    return state;
}

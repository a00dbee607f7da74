/* What the board remembers without power: who it is and how often it started.
 *
 * Two slots take turns. A new record goes over the older one, so a power cut at any moment leaves the newer one as it was. The
 * functions work on a copy of the memory and return the writes to do: the caller owns the EEPROM.
 */
#ifndef SIXTEN_STORE_H
#define SIXTEN_STORE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* layout 1, generation 1, unique id 4, boots 4, CRC 2; little-endian */
#define STORE_SLOT_BYTES 12
#define STORE_BYTES (2 * STORE_SLOT_BYTES)
/* every byte of a slot once, and its layout byte twice */
#define STORE_WRITES_MAX (STORE_SLOT_BYTES + 1)

struct store {
    uint32_t unique_id;
    uint32_t boots;
    uint8_t generation;  /* one more at each save, wraps; tells the newer slot */
    uint8_t newer_slot;  /* 0 or 1 */
};

struct store_write {
    uint8_t address;
    uint8_t value;
};

/* Reads the newer good slot. False if there is none, as on a new chip: then call store_new. */
bool store_load(struct store *store, const uint8_t image[STORE_BYTES]);
void store_new(struct store *store, uint32_t unique_id);

/* The writes, in order, that save *store over the older slot of `image`; only bytes that change. Returns how many. */
uint8_t store_save(struct store *store, const uint8_t image[STORE_BYTES], struct store_write writes[STORE_WRITES_MAX]);

#ifdef __cplusplus
}
#endif

#endif

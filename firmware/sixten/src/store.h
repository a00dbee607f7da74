/* What the board remembers without power.
 *
 * Two slots take turns. A new record goes over the older one, so a power cut at any moment leaves the newer one as it was. The
 * functions work on a copy of the memory or on single bytes: the caller owns the EEPROM, and writes one byte whenever it is free.
 */
#ifndef SIXTEN_STORE_H
#define SIXTEN_STORE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STORE_NAME_BYTES 16 /* with the NUL */

/* A record is the beginning of struct store, as it lies in memory, and a CRC: 44 + 2 bytes, little-endian, no padding. */
#define STORE_SLOT_BYTES 46
/* Layout 1, from firmware 0.1: two slots of 12 bytes at address 0: layout 1, generation 1, id 4, boots 4, CRC 2. They stay where they
 * are and are read when there is no slot of layout 2. */
#define STORE_OLD_SLOT_BYTES 12
#define STORE_FIRST_SLOT 32
#define STORE_BYTES (STORE_FIRST_SLOT + 2 * STORE_SLOT_BYTES)

struct store {
    uint8_t layout;
    uint8_t generation;  /* of the latest record; one more at each save, wraps */
    uint8_t sensor_kind; /* enum sensor_kind, the one the owner knows of; 0 = none yet */
    uint8_t kept_kind;   /* the sensor that kept_limit was made with */
    uint32_t unique_id;
    uint32_t boots;
    uint32_t device_pascals; /* the device limit above the zero, for barometers */
    uint32_t device_raw;     /* and for the FSR */
    uint32_t kept_limit;     /* a person's, carried over on his word; 0 = none */
    uint32_t kept_release;
    char name[STORE_NAME_BYTES]; /* ends with NUL */
    uint8_t newer_slot;          /* 0 or 1; not in the record */
};

/* Reads the newest good record. False if there is none, as on a new chip: then call store_new. */
bool store_load(struct store *store, const uint8_t image[STORE_BYTES]);
void store_new(struct store *store, uint32_t unique_id);
/* All but the id, the boots and the sensor's kind. */
void store_defaults(struct store *store);

/* A save under way: the writes of one record, in order. */
struct store_save {
    uint8_t next; /* 0 = nothing to do */
    bool again;   /* what is being saved has changed meanwhile */
};

struct store_write {
    uint8_t address;
    uint8_t value;
};

/* Saves *store, from now on or once the present save is done. */
void store_save(struct store_save *save);

/* The next write; false when all is done. The caller does it before asking again, and may leave it out if the byte is there. */
bool store_next(struct store_save *save, struct store *store, struct store_write *write);

#ifdef __cplusplus
}
#endif

#endif

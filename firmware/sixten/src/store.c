#include "store.h"

#include <stddef.h>
#include <string.h>

#include "guard.h"
#include "line.h"

#define LAYOUT 2u
#define OLD_LAYOUT 1u
/* What an erased EEPROM holds, so never a layout. */
#define LAYOUT_NONE 0xFFu

/* Both layouts begin with these. */
enum { AT_LAYOUT = 0, AT_GENERATION = 1, OLD_AT_ID = 2, OLD_AT_BOOTS = 6, AT_CRC = STORE_SLOT_BYTES - 2 };

/* Fails to compile where the record is not the beginning of the structure. */
typedef char record_fits[offsetof(struct store, newer_slot) == AT_CRC ? 1 : -1];

static uint16_t crc_of(const uint8_t *slot, uint8_t count)
{
    uint16_t crc = LINE_CRC_START;
    for (uint8_t i = 0; i < count; i++)
        crc = line_crc(crc, slot[i]);
    return crc;
}

static bool is_good(const uint8_t *slot, uint8_t layout, uint8_t at_crc)
{
    uint16_t crc = crc_of(slot, at_crc);
    return slot[AT_LAYOUT] == layout && slot[at_crc] == (uint8_t)(crc & 0xFFu) && slot[at_crc + 1] == (uint8_t)(crc >> 8);
}

/* The newer good one of two slots, 0 or 1; -1 if neither is good. */
static int8_t newer_of(const uint8_t *first, uint8_t slot_bytes, uint8_t layout)
{
    const uint8_t *second = first + slot_bytes;
    bool first_good = is_good(first, layout, (uint8_t)(slot_bytes - 2u));
    bool second_good = is_good(second, layout, (uint8_t)(slot_bytes - 2u));

    if (!first_good && !second_good)
        return -1;
    /* The generation wraps, so "one step ahead" is what counts as newer. */
    if (second_good && (!first_good || (uint8_t)(second[AT_GENERATION] - first[AT_GENERATION]) < 0x80u))
        return 1;
    return 0;
}

void store_defaults(struct store *store)
{
    store->device_pascals = GUARD_DEVICE_PASCALS;
    store->device_raw = GUARD_DEVICE_RAW;
    store->kept_limit = 0;
    store->kept_release = 0;
    store->kept_kind = 0;
    memset(store->name, 0, sizeof store->name);
}

void store_new(struct store *store, uint32_t unique_id)
{
    memset(store, 0, sizeof *store);
    store_defaults(store);
    store->layout = LAYOUT;
    store->unique_id = unique_id;
    store->newer_slot = 1;
}

bool store_load(struct store *store, const uint8_t image[STORE_BYTES])
{
    const uint8_t *slot = image + STORE_FIRST_SLOT;
    int8_t newer = newer_of(slot, STORE_SLOT_BYTES, LAYOUT);

    if (newer >= 0) {
        if (newer == 1)
            slot += STORE_SLOT_BYTES;
        memcpy(store, slot, AT_CRC);
        store->newer_slot = (uint8_t)newer;
        return true;
    }
    newer = newer_of(image, STORE_OLD_SLOT_BYTES, OLD_LAYOUT);
    if (newer < 0)
        return false;
    slot = newer == 1 ? image + STORE_OLD_SLOT_BYTES : image;
    store_new(store, 0);
    memcpy(&store->unique_id, slot + OLD_AT_ID, sizeof store->unique_id);
    memcpy(&store->boots, slot + OLD_AT_BOOTS, sizeof store->boots);
    return true;
}

/* Byte `at` of the record that is being saved. */
static uint8_t record_byte(const struct store *store, uint8_t at)
{
    const uint8_t *bytes = (const uint8_t *)store;
    uint16_t crc;

    if (at < AT_CRC)
        return at == AT_GENERATION ? (uint8_t)(store->generation + 1u) : bytes[at];
    crc = LINE_CRC_START;
    for (uint8_t i = 0; i < AT_CRC; i++)
        crc = line_crc(crc, record_byte(store, i));
    return (uint8_t)(at == AT_CRC ? crc & 0xFFu : crc >> 8);
}

void store_save(struct store_save *save)
{
    if (save->next == 0)
        save->next = 1;
    else
        save->again = true;
}

/* Steps of a save: 1 voids the slot, 2...STORE_SLOT_BYTES write its bytes but the first, the one after that signs it, which is: writes
 * the first. */
bool store_next(struct store_save *save, struct store *store, struct store_write *write)
{
    uint8_t at = AT_LAYOUT;
    uint8_t base;

    if (save->next > STORE_SLOT_BYTES + 1) {
        /* Signed: only now is this the newest record. */
        store->newer_slot = store->newer_slot == 0 ? 1 : 0;
        store->generation++;
        save->next = save->again ? 1 : 0;
        save->again = false;
    } else if (save->again) {
        /* The bytes so far would not fit to those that follow: begin this slot again. */
        save->again = false;
        save->next = 1;
    }
    if (save->next == 0)
        return false;
    base = (uint8_t)(STORE_FIRST_SLOT + (store->newer_slot == 0 ? STORE_SLOT_BYTES : 0));

    /* Void first and signed last: then a half-written record is void by rule and not only by the odds of a CRC. */
    if (save->next > 1 && save->next <= STORE_SLOT_BYTES)
        at = (uint8_t)(save->next - 1u);
    write->address = (uint8_t)(base + at);
    write->value = save->next == 1 ? LAYOUT_NONE : record_byte(store, at);
    save->next++;
    return true;
}

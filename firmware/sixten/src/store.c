#include "store.h"

#include "line.h"

#define LAYOUT 1u
/* What an erased EEPROM holds, so never a layout. */
#define LAYOUT_NONE 0xFFu

enum { AT_LAYOUT = 0, AT_GENERATION = 1, AT_ID = 2, AT_BOOTS = 6, AT_CRC = 10 };

static uint16_t slot_crc(const uint8_t *slot)
{
    uint16_t crc = LINE_CRC_START;
    for (uint8_t i = 0; i < AT_CRC; i++)
        crc = line_crc(crc, slot[i]);
    return crc;
}

static void write_u32(uint8_t *to, uint32_t value)
{
    for (uint8_t i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value & 0xFFu);
        value >>= 8;
    }
}

static uint32_t read_u32(const uint8_t *from)
{
    uint32_t value = 0;
    for (uint8_t i = 4; i > 0; i--)
        value = (value << 8) | from[i - 1];
    return value;
}

static bool is_good(const uint8_t *slot)
{
    uint16_t crc = slot_crc(slot);
    return slot[AT_LAYOUT] == LAYOUT && slot[AT_CRC] == (uint8_t)(crc & 0xFFu) && slot[AT_CRC + 1] == (uint8_t)(crc >> 8);
}

bool store_load(struct store *store, const uint8_t image[STORE_BYTES])
{
    const uint8_t *first = image;
    const uint8_t *second = image + STORE_SLOT_BYTES;
    bool first_good = is_good(first);
    bool second_good = is_good(second);
    const uint8_t *newer = first;

    if (!first_good && !second_good)
        return false;
    /* The generation wraps, so "one step ahead" is what counts as newer. */
    if (second_good && (!first_good || (uint8_t)(second[AT_GENERATION] - first[AT_GENERATION]) < 0x80u))
        newer = second;
    store->unique_id = read_u32(newer + AT_ID);
    store->boots = read_u32(newer + AT_BOOTS);
    store->generation = newer[AT_GENERATION];
    store->newer_slot = newer == second ? 1 : 0;
    return true;
}

void store_new(struct store *store, uint32_t unique_id)
{
    store->unique_id = unique_id;
    store->boots = 0;
    store->generation = 0;
    store->newer_slot = 1;
}

uint8_t store_save(struct store *store, const uint8_t image[STORE_BYTES], struct store_write writes[STORE_WRITES_MAX])
{
    uint8_t slot[STORE_SLOT_BYTES];
    uint8_t base;
    uint8_t count = 0;
    uint16_t crc;

    store->newer_slot = store->newer_slot == 0 ? 1 : 0;
    store->generation++;
    base = store->newer_slot == 0 ? 0 : STORE_SLOT_BYTES;

    slot[AT_LAYOUT] = LAYOUT;
    slot[AT_GENERATION] = store->generation;
    write_u32(slot + AT_ID, store->unique_id);
    write_u32(slot + AT_BOOTS, store->boots);
    crc = slot_crc(slot);
    slot[AT_CRC] = (uint8_t)(crc & 0xFFu);
    slot[AT_CRC + 1] = (uint8_t)(crc >> 8);

    /* Void the slot first and sign it last: then a half-written record is void by rule and not only by the odds of a CRC. */
    if (image[base + AT_LAYOUT] != LAYOUT_NONE) {
        writes[count].address = base;
        writes[count].value = LAYOUT_NONE;
        count++;
    }
    for (uint8_t i = AT_LAYOUT + 1; i < STORE_SLOT_BYTES; i++) {
        if (image[base + i] == slot[i])
            continue;
        writes[count].address = (uint8_t)(base + i);
        writes[count].value = slot[i];
        count++;
    }
    writes[count].address = base;
    writes[count].value = LAYOUT;
    count++;
    return count;
}

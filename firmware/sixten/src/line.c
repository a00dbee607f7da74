#include "line.h"

#include "flash.h"

/* *HHHH CR LF */
#define TAIL_BYTES 7

uint16_t line_crc(uint16_t crc, uint8_t byte)
{
    /* Eight shifts at once: the polynomial 0x1021 has so few terms that they fold into three. A bit loop would take a fifth of
     * the time between two samples; a table would cost 512 bytes. */
    uint8_t top = (uint8_t)((uint8_t)(crc >> 8) ^ byte);
    top = (uint8_t)(top ^ (top >> 4));
    uint16_t wide = top;
    return (uint16_t)((uint16_t)(crc << 8) ^ (uint16_t)(wide << 12) ^ (uint16_t)(wide << 5) ^ wide);
}

static void put(struct line *line, char c)
{
    if (c == '\0')
        return;
    if (line->length >= LINE_BYTES - TAIL_BYTES) {
        line->too_long = true;
        return;
    }
    line->text[line->length++] = c;
    line->crc = line_crc(line->crc, (uint8_t)c);
}

static char hex_digit(uint8_t nibble, char ten)
{
    return (char)(nibble < 10 ? '0' + nibble : ten + (nibble - 10));
}

void line_start_plain(struct line *line, char *text)
{
    line->text = text;
    line->length = 0;
    line->crc = LINE_CRC_START;
    line->too_long = false;
}

void line_start(struct line *line, char *text, char kind)
{
    line_start_plain(line, text);
    put(line, kind);
}

void line_text(struct line *line, char before, const char *flash_text)
{
    char c;
    put(line, before);
    while ((c = flash_char(flash_text)) != '\0') {
        put(line, c);
        flash_text++;
    }
}

void line_number(struct line *line, char before, uint32_t value)
{
    /* Subtracting powers of ten: a 32-bit division costs an AVR some 600 cycles, and each sample would need ten of them. */
    static const uint32_t powers[] FLASH = {1000000000u, 100000000u, 10000000u, 1000000u, 100000u, 10000u, 1000u, 100u, 10u};
    bool started = false;

    put(line, before);
    for (uint8_t i = 0; i < sizeof powers / sizeof powers[0]; i++) {
        uint32_t power = flash_u32(&powers[i]);
        char digit = '0';
        while (value >= power) {
            value -= power;
            digit++;
        }
        if (started || digit != '0') {
            put(line, digit);
            started = true;
        }
    }
    put(line, (char)('0' + (char)value));
}

void line_signed(struct line *line, char before, int32_t value)
{
    if (value >= 0) {
        line_number(line, before, (uint32_t)value);
        return;
    }
    put(line, before);
    line_number(line, '-', 0u - (uint32_t)value);
}

void line_flags(struct line *line, char before, uint8_t value)
{
    put(line, before);
    if (value > 0x0F)
        put(line, hex_digit((uint8_t)(value >> 4), 'A'));
    put(line, hex_digit(value & 0x0F, 'A'));
}

void line_hex(struct line *line, char before, uint16_t value)
{
    put(line, before);
    for (uint8_t i = 0; i < 4; i++) {
        put(line, hex_digit((uint8_t)(value >> 12), 'a'));
        value = (uint16_t)(value << 4);
    }
}

void line_id(struct line *line, char before, uint32_t value)
{
    line_hex(line, before, (uint16_t)(value >> 16));
    line_hex(line, '\0', (uint16_t)(value & 0xFFFFu));
}

void line_bytes(struct line *line, char before, const char *text)
{
    put(line, before);
    while (*text != '\0')
        put(line, *text++);
}

bool line_choice(struct line *line, char before, const char *flash_list, uint8_t index)
{
    char c;

    while (index > 0) {
        c = flash_char(flash_list);
        if (c == '\0')
            return false;
        if (c == '|')
            index--;
        flash_list++;
    }
    put(line, before);
    while ((c = flash_char(flash_list)) != '\0' && c != '|') {
        put(line, c);
        flash_list++;
    }
    return true;
}

uint8_t line_finish(struct line *line)
{
    uint16_t crc = line->crc;
    char *tail = line->text + line->length;

    if (line->too_long)
        return 0;
    *tail++ = '*';
    for (uint8_t i = 0; i < 4; i++) {
        *tail++ = hex_digit((uint8_t)(crc >> 12), 'A');
        crc = (uint16_t)(crc << 4);
    }
    *tail++ = '\r';
    *tail = '\n';
    return (uint8_t)(line->length + TAIL_BYTES);
}

uint8_t line_finish_plain(struct line *line)
{
    if (line->too_long)
        return 0;
    line->text[line->length] = '\r';
    line->text[line->length + 1] = '\n';
    return (uint8_t)(line->length + 2u);
}

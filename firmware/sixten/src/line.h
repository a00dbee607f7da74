/* Build one line of the protocol sixten/1 (docs/protocol.md) in a buffer that the caller owns.
 *
 *     char text[LINE_BYTES];
 *     struct line line;
 *     line_start(&line, text, 'A');
 *     line_number(&line, ',', 7);
 *     line_text(&line, ',', FLASH_TEXT(""));
 *     length = line_finish(&line);             ->  A,7,*16A3\r\n   is  KIND,field,...*HHHH\r\n
 *
 * No function can write outside the buffer. No heap, no state besides `struct line`.
 */
#ifndef SIXTEN_LINE_H
#define SIXTEN_LINE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest line from the board, CR LF included. */
#define LINE_BYTES 120

/* CRC-16/CCITT-FALSE: start here, add bytes with line_crc; "123456789" gives 0x29B1. */
#define LINE_CRC_START 0xFFFFu

struct line {
    char *text;
    uint8_t length;
    uint16_t crc;
    bool too_long;
};

uint16_t line_crc(uint16_t crc, uint8_t byte);

/* text: LINE_BYTES bytes that must outlive the line. */
void line_start(struct line *line, char *text, char kind);

/* The same without kind and, in line_finish_plain, without CRC: for people's tools, not for hosts. */
void line_start_plain(struct line *line, char *text);
uint8_t line_finish_plain(struct line *line);

/* Each adds `before` (',' between fields, '=' inside a pair, NUL for nothing) and then the value. */
void line_text(struct line *line, char before, const char *flash_text);
void line_number(struct line *line, char before, uint32_t value);  /* decimal, no leading zeros */
void line_signed(struct line *line, char before, int32_t value);   /* the same, with a minus sign where needed */
void line_flags(struct line *line, char before, uint8_t value);    /* upper-case hexadecimal, no leading zeros */
void line_id(struct line *line, char before, uint32_t value);      /* eight lower-case hexadecimal digits */

void line_hex(struct line *line, char before, uint16_t value);     /* four lower-case hexadecimal digits */
void line_bytes(struct line *line, char before, const char *text); /* text in RAM, ended by NUL */

/* Entry `index` of a flash text whose entries are divided by '|'. False, and nothing added, if it has fewer. */
bool line_choice(struct line *line, char before, const char *flash_list, uint8_t index);

/* Adds *HHHH CR LF. Returns the number of bytes, or 0 if the line did not fit: half a line must never be sent. */
uint8_t line_finish(struct line *line);

#ifdef __cplusplus
}
#endif

#endif

/* Commands from the host: bytes in, checked commands out.
 *
 * The parser does no I/O and never fails: whatever is too long, has the wrong form or fails its CRC comes out as COMMAND_DAMAGED,
 * once, at its line end.
 */
#ifndef SIXTEN_COMMAND_H
#define SIXTEN_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest line to the board, CR LF included. Also what must fit in the board's receive ring. */
#define COMMAND_BYTES 56

enum command_name {
    COMMAND_HELLO,
    COMMAND_INFO,
    COMMAND_START,
    COMMAND_STOP,
    COMMAND_RESERVED, /* in the protocol, not in this firmware */
    COMMAND_UNKNOWN
};

struct command {
    uint8_t id;
    uint8_t name; /* enum command_name; one byte, as an enum would be two on an AVR and four on a host */
};

enum command_result {
    COMMAND_NOTHING,    /* more bytes are needed */
    COMMAND_READY,      /* *command is filled */
    COMMAND_DAMAGED,    /* a line ended that cannot be trusted */
    COMMAND_OUT_OF_RANGE /* CRC good, but the id is no number from 0 to 255 */
};

struct command_parser {
    char line[COMMAND_BYTES - 1]; /* all but the LF */
    uint8_t length;
    bool too_long;
};

void command_start(struct command_parser *parser);

/* *command is written only when the result is COMMAND_READY. */
enum command_result command_receive(struct command_parser *parser, uint8_t byte, struct command *command);

#ifdef __cplusplus
}
#endif

#endif

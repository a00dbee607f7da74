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
    COMMAND_RATE,
    COMMAND_ZERO,
    COMMAND_GUARD,
    COMMAND_WINDOW,
    COMMAND_NAME,
    COMMAND_KEEP,
    COMMAND_FORGET,
    COMMAND_BEEP,
    COMMAND_PLOT,
    COMMAND_RESET_DEFAULTS,
    COMMAND_UNKNOWN
};

struct command {
    const char *next; /* the arguments not read yet; in the parser, so good until its next byte */
    uint8_t left;     /* characters from there on; the comma before the first argument is gone */
    bool more;        /* there is another argument, be it empty */
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

/* The next argument: its text, and how long it is; false if there is none. */
bool command_text(struct command *command, const char **text, uint8_t *length);

/* The same as a number: up to eight decimal digits without sign or leading zeros. False, too, if it is anything else. */
bool command_number(struct command *command, uint32_t *value);

/* True if the next argument is `flash_word`; then it is taken. */
bool command_word(struct command *command, const char *flash_word);

#ifdef __cplusplus
}
#endif

#endif

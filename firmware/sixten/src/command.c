#include "command.h"

#include "flash.h"
#include "line.h"

/* *HHHH */
#define CRC_BYTES 5

/* In the order of enum command_name. A name never holds a comma, so commas can divide the list. */
static const char names[] FLASH =
    "hello,info,start,stop,rate,zero,guard,window,name,keep,forget,beep,plot,reset-defaults";

void command_start(struct command_parser *parser)
{
    parser->length = 0;
    parser->too_long = false;
}

static uint8_t look_up(const char *name, uint8_t length)
{
    const char *next = names;
    uint8_t index = 0;

    for (;;) {
        uint8_t matched = 0;
        bool same = true;
        char c;
        while ((c = flash_char(next)) != ',' && c != '\0') {
            same = same && matched < length && name[matched] == c;
            matched++;
            next++;
        }
        if (same && matched == length)
            return index;
        if (c == '\0')
            return COMMAND_UNKNOWN;
        next++;
        index++;
    }
}

/* -1 unless c is one of 0-9 A-F. Lower case is one flipped bit away from upper case, so it counts as damage. */
static int8_t hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return (int8_t)(c - '0');
    if (c >= 'A' && c <= 'F')
        return (int8_t)(c - 'A' + 10);
    return -1;
}

/* True if `line` is printable text that ends in the right *HHHH. */
static bool is_whole(const char *line, uint8_t length)
{
    uint16_t crc = LINE_CRC_START;
    uint16_t claimed = 0;
    uint8_t body;

    if (length < CRC_BYTES + 1)
        return false;
    body = (uint8_t)(length - CRC_BYTES);
    for (uint8_t i = 0; i < body; i++) {
        if (line[i] < ' ' || line[i] > '~' || line[i] == '*')
            return false;
        crc = line_crc(crc, (uint8_t)line[i]);
    }
    if (line[body] != '*')
        return false;
    for (uint8_t i = (uint8_t)(body + 1); i < length; i++) {
        int8_t nibble = hex_value(line[i]);
        if (nibble < 0)
            return false;
        claimed = (uint16_t)((uint16_t)(claimed << 4) | (uint8_t)nibble);
    }
    return crc == claimed;
}

/* Reads a field of 0...255 without leading zeros from *at; leaves *at on the character after it. */
static bool read_id(const char *line, uint8_t length, uint8_t *at, uint8_t *id)
{
    uint16_t value = 0;
    uint8_t first = *at;

    while (*at < length && line[*at] >= '0' && line[*at] <= '9') {
        value = (uint16_t)(value * 10u + (uint16_t)(line[*at] - '0'));
        (*at)++;
        if (value > 255 || (*at == first + 2 && line[first] == '0'))
            return false;
    }
    *id = (uint8_t)value;
    return *at > first && (*at == length || line[*at] == ',');
}

static enum command_result read_command(const char *line, uint8_t length, struct command *command)
{
    uint8_t at = 2;
    uint8_t id = 0;
    uint8_t first;

    /* A good line of another kind is some later version's business: no answer, no blame. */
    if (length < 2 || line[0] != 'C' || line[1] != ',')
        return COMMAND_NOTHING;
    if (!read_id(line, length, &at, &id))
        return COMMAND_OUT_OF_RANGE;
    if (at < length)
        at++;
    first = at;
    while (at < length && line[at] != ',')
        at++;
    command->id = id;
    command->name = look_up(line + first, (uint8_t)(at - first));
    command->more = at < length;
    if (command->more)
        at++;
    command->next = line + at;
    command->left = (uint8_t)(length - at);
    return COMMAND_READY;
}

bool command_text(struct command *command, const char **text, uint8_t *length)
{
    uint8_t count = 0;

    if (!command->more)
        return false;
    while (count < command->left && command->next[count] != ',')
        count++;
    *text = command->next;
    *length = count;
    command->more = count < command->left;
    if (command->more)
        count++;
    command->next += count;
    command->left = (uint8_t)(command->left - count);
    return true;
}

bool command_number(struct command *command, uint32_t *value)
{
    const char *text;
    uint8_t length;
    uint32_t sum = 0;

    /* Sixteen million counts of a 24-bit converter are the most that any argument has; and eight digits cannot overflow. */
    if (!command_text(command, &text, &length) || length == 0 || length > 8 || (length > 1 && text[0] == '0'))
        return false;
    for (uint8_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        sum = sum * 10u + (uint32_t)(text[i] - '0');
    }
    *value = sum;
    return true;
}

bool command_word(struct command *command, const char *flash_word)
{
    struct command ahead = *command;
    const char *text;
    uint8_t length;

    if (!command_text(&ahead, &text, &length))
        return false;
    for (uint8_t i = 0; i < length; i++) {
        if (flash_char(flash_word) != text[i])
            return false;
        flash_word++;
    }
    if (flash_char(flash_word) != '\0')
        return false;
    *command = ahead;
    return true;
}

enum command_result command_receive(struct command_parser *parser, uint8_t byte, struct command *command)
{
    uint8_t length = parser->length;
    bool too_long = parser->too_long;

    if (byte != '\n') {
        if (length < sizeof parser->line)
            parser->line[parser->length++] = (char)byte;
        else
            parser->too_long = true;
        return COMMAND_NOTHING;
    }
    command_start(parser);
    if (too_long)
        return COMMAND_DAMAGED;
    if (length > 0 && parser->line[length - 1] == '\r')
        length--;
    /* An empty line carries nothing that could be damaged; hosts send one to end whatever half line came before. */
    if (length == 0)
        return COMMAND_NOTHING;
    if (!is_whole(parser->line, length))
        return COMMAND_DAMAGED;
    return read_command(parser->line, (uint8_t)(length - CRC_BYTES), command);
}

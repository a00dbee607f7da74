#include "device.h"

#include "flash.h"
#include "fsr.h"
#include "line.h"

#define BEAT_US 1000000u

/* Greeting, answers and heartbeats wait until this much of the transmit ring's 255 bytes is free. They then leave room for samples
 * (34 bytes each) whatever their length, and no sample queues behind more than 35 bytes (1.4 ms) and one line of them. */
#define SPEAK_ROOM_BYTES 220u

/* The lines of the greeting: H, one for each info key, and the end of the list. */
enum {
    GREETING_HELLO,
    INFO_SENSOR,
    INFO_UNIT,
    INFO_BITS,
    INFO_RAW_MIN,
    INFO_RAW_MAX,
    INFO_RATE_MHZ,
    INFO_OVERSAMPLE,
    INFO_DIVIDER_OHM,
    INFO_OPEN_RAW,
    INFO_FREE_RAM,
    INFO_END,
    GREETING_END
};
#define INFO_FIRST INFO_SENSOR
#define INFO_PAIRS (INFO_END - INFO_FIRST)

enum { ANSWER_NONE, ANSWER_DONE, ANSWER_CRC, ANSWER_UNKNOWN, ANSWER_RANGE, ANSWER_UNSUPPORTED };

void device_start(struct device *device, const struct device_identity *identity)
{
    device->identity = *identity;
    command_start(&device->parser);
    device->next_number = 0;
    device->t_us = 0;
    device->next_beat_us = BEAT_US;
    device->samples_sent = 0;
    device->lines_dropped = 0;
    device->commands_refused = 0;
    device->greeting_next = GREETING_HELLO;
    device->greeting_end = GREETING_END;
    device->answer = ANSWER_NONE;
    device->answer_id = 0;
    device->streaming = true;
    device->beat_due = false;
    device->dropped_before = false;
}

bool device_listens(const struct device *device)
{
    return device->answer == ANSWER_NONE && device->greeting_next == device->greeting_end;
}

static void greet(struct device *device, uint8_t first, uint8_t end)
{
    device->greeting_next = first;
    device->greeting_end = end;
}

static void answer(struct device *device, uint8_t id, uint8_t what)
{
    device->answer = what;
    device->answer_id = id;
    if (what != ANSWER_DONE)
        device->commands_refused++;
}

static void obey(struct device *device, const struct command *command)
{
    switch (command->name) {
    case COMMAND_HELLO:
        greet(device, GREETING_HELLO, INFO_FIRST);
        break;
    case COMMAND_INFO:
        greet(device, INFO_FIRST, GREETING_END);
        break;
    case COMMAND_START:
        device->streaming = true;
        break;
    case COMMAND_STOP:
        device->streaming = false;
        break;
    case COMMAND_RESERVED:
        answer(device, command->id, ANSWER_UNSUPPORTED);
        return;
    default:
        answer(device, command->id, ANSWER_UNKNOWN);
        return;
    }
    answer(device, command->id, ANSWER_DONE);
}

void device_receive(struct device *device, uint8_t byte)
{
    struct command command;

    switch (command_receive(&device->parser, byte, &command)) {
    case COMMAND_READY:
        obey(device, &command);
        break;
    case COMMAND_DAMAGED:
        answer(device, 0, ANSWER_CRC);
        break;
    case COMMAND_OUT_OF_RANGE:
        answer(device, 0, ANSWER_RANGE);
        break;
    default:
        break;
    }
}

uint8_t device_sample(struct device *device, const struct sample *sample, uint8_t room_bytes, char *text)
{
    struct line line;
    uint32_t missing = sample->number - device->next_number;
    uint8_t flags = sample->flags;
    uint8_t length;

    device->next_number = sample->number + 1u;
    device->t_us = sample->t_us;
    /* Unsigned difference below half the range = "not before", also across the wrap of t_us. */
    if (sample->t_us - device->next_beat_us < 0x80000000u) {
        device->beat_due = true;
        device->next_beat_us += BEAT_US;
    }
    if (!device->streaming)
        return 0;

    if (missing != 0) {
        device->lines_dropped += missing;
        device->dropped_before = true;
    }
    if (device->dropped_before)
        flags |= SAMPLE_DROPPED_BEFORE;

    line_start(&line, text, 'D');
    line_number(&line, ',', sample->number & 0xFFFFu);
    line_number(&line, ',', sample->t_us);
    line_flags(&line, ',', flags);
    line_number(&line, ',', sample->raw);
    length = line_finish(&line);
    if (length > room_bytes) {
        device->lines_dropped++;
        device->dropped_before = true;
        return 0;
    }
    device->samples_sent++;
    device->dropped_before = false;
    return length;
}

static void info_text(struct line *line, const char *flash_key, const char *flash_value)
{
    line_text(line, ',', flash_key);
    line_text(line, '=', flash_value);
}

static void info_number(struct line *line, const char *flash_key, uint32_t value)
{
    line_text(line, ',', flash_key);
    line_number(line, '=', value);
}

static uint8_t greeting_line(const struct device *device, uint16_t free_ram_bytes, char *text)
{
    struct line line;

    line_start(&line, text, device->greeting_next == GREETING_HELLO ? 'H' : 'I');
    switch (device->greeting_next) {
    case GREETING_HELLO:
        line_text(&line, ',', FLASH_TEXT("1.0"));
        line_text(&line, ',', FLASH_TEXT(DEVICE_FIRMWARE_VERSION));
        line_text(&line, ',', device->identity.board);
        line_id(&line, ',', device->identity.unique_id);
        line_number(&line, ',', device->identity.boots);
        line_text(&line, ',', device->identity.reset_cause);
        break;
    case INFO_SENSOR:
        info_text(&line, FLASH_TEXT("sensor"), FLASH_TEXT("fsr"));
        break;
    case INFO_UNIT:
        info_text(&line, FLASH_TEXT("unit"), FLASH_TEXT("adcsum"));
        break;
    case INFO_BITS:
        info_number(&line, FLASH_TEXT("bits"), FSR_RAW_BITS);
        break;
    case INFO_RAW_MIN:
        info_number(&line, FLASH_TEXT("raw_min"), FSR_RAW_MIN);
        break;
    case INFO_RAW_MAX:
        info_number(&line, FLASH_TEXT("raw_max"), FSR_RAW_MAX);
        break;
    case INFO_RATE_MHZ:
        info_number(&line, FLASH_TEXT("rate_mhz"), FSR_RATE_MHZ);
        break;
    case INFO_OVERSAMPLE:
        info_number(&line, FLASH_TEXT("oversample"), FSR_OVERSAMPLE);
        break;
    case INFO_DIVIDER_OHM:
        info_number(&line, FLASH_TEXT("divider_ohm"), FSR_DIVIDER_OHM);
        break;
    case INFO_OPEN_RAW:
        info_number(&line, FLASH_TEXT("open_raw"), FSR_OPEN_RAW);
        break;
    case INFO_FREE_RAM:
        info_number(&line, FLASH_TEXT("free_ram"), free_ram_bytes);
        break;
    default:
        line_text(&line, ',', FLASH_TEXT("end"));
        line_number(&line, ',', INFO_PAIRS);
        break;
    }
    return line_finish(&line);
}

static uint8_t answer_line(const struct device *device, char *text)
{
    struct line line;
    const char *result = FLASH_TEXT("");

    switch (device->answer) {
    case ANSWER_CRC:
        result = FLASH_TEXT("crc");
        break;
    case ANSWER_UNKNOWN:
        result = FLASH_TEXT("unknown");
        break;
    case ANSWER_RANGE:
        result = FLASH_TEXT("range");
        break;
    case ANSWER_UNSUPPORTED:
        result = FLASH_TEXT("unsupported");
        break;
    default:
        break;
    }
    line_start(&line, text, device->answer == ANSWER_DONE ? 'A' : 'N');
    line_number(&line, ',', device->answer_id);
    line_text(&line, ',', result);
    return line_finish(&line);
}

static uint8_t beat_line(const struct device *device, uint16_t free_ram_bytes, char *text)
{
    struct line line;

    line_start(&line, text, 'B');
    line_number(&line, ',', device->t_us);
    line_text(&line, ',', device->streaming ? FLASH_TEXT("run") : FLASH_TEXT("stop"));
    line_number(&line, ',', device->samples_sent);
    line_number(&line, ',', device->lines_dropped);
    line_number(&line, ',', device->commands_refused);
    line_number(&line, ',', free_ram_bytes);
    return line_finish(&line);
}

uint8_t device_speak(struct device *device, uint8_t room_bytes, uint16_t free_ram_bytes, char *text)
{
    bool greeting = device->greeting_next != device->greeting_end;
    uint8_t length;

    if (room_bytes < SPEAK_ROOM_BYTES)
        return 0;
    /* Greeting before its answer: "sends all I lines, then A". The heartbeat last, as nobody waits for it. */
    if (greeting) {
        length = greeting_line(device, free_ram_bytes, text);
        device->greeting_next++;
    } else if (device->answer != ANSWER_NONE) {
        length = answer_line(device, text);
        device->answer = ANSWER_NONE;
    } else if (device->beat_due) {
        length = beat_line(device, free_ram_bytes, text);
        device->beat_due = false;
    } else {
        length = 0;
    }
    return length;
}

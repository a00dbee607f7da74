/* The half of device.h that says things: samples, greeting, answers, events, heartbeats. */
#include "speech.h"

#include <string.h>

#include "device.h"
#include "flash.h"
#include "line.h"

/* Greeting, answers, events and heartbeats wait until this much of the transmit ring's 255 bytes is free. They then leave room for
 * samples (46 bytes at most) whatever their length, and no sample queues behind more than 35 bytes (1.4 ms) and one line of them. */
#define SPEAK_ROOM_BYTES 220u

/* For the Arduino Serial Plotter: no kind, no CRC, both numbers in the guard's unit and from the same zero. */
static uint8_t plot_line(const struct device *device, const struct sample *sample, char *text)
{
    struct line line;

    line_start_plain(&line, text);
    line_text(&line, '\0', FLASH_TEXT("raw:"));
    line_signed(&line, '\0', sample->level);
    line_text(&line, ' ', FLASH_TEXT("limit:"));
    line_signed(&line, '\0', device->guard.zero + (int32_t)guard_limit(&device->guard));
    return line_finish_plain(&line);
}

uint8_t device_sample(struct device *device, const struct sample *sample, uint8_t room_bytes, char *text)
{
    struct line line;
    uint32_t missing = sample->number - device->next_number;
    uint8_t flags = sample->flags;
    uint8_t length;

    device->next_number = sample->number + 1u;
    if (device->guard.state == GUARD_OVER)
        flags |= SAMPLE_GUARD_ON;
    if (signals_motor_ran(&device->signals))
        flags |= SAMPLE_MOTOR_ON;
    if (!device->streaming)
        return 0;

    if (missing != 0) {
        device->lines_dropped += missing;
        device->dropped_before = true;
    }
    if (device->dropped_before)
        flags |= SAMPLE_DROPPED_BEFORE;

    if (device->plotting) {
        length = plot_line(device, sample, text);
    } else {
        line_start(&line, text, 'D');
        line_number(&line, ',', sample->number & 0xFFFFu);
        line_number(&line, ',', sample->t_us);
        line_flags(&line, ',', flags);
        line_number(&line, ',', sample->raw);
        if (sample->has_extra)
            line_signed(&line, ',', sample->extra);
        length = line_finish(&line);
    }
    if (length > room_bytes) {
        device->lines_dropped++;
        device->dropped_before = true;
        return 0;
    }
    device->samples_sent++;
    device->dropped_before = false;
    return length;
}

static const char *source_text(const struct device *device)
{
    const struct guard *guard = &device->guard;

    if (guard->limit == 0 || guard->limit >= guard->device_limit)
        return FLASH_TEXT("device");
    return device->limit_is_kept ? FLASH_TEXT("kept") : FLASH_TEXT("own");
}

static void hello_fields(const struct device *device, struct line *line)
{
    line_text(line, ',', FLASH_TEXT("1.1"));
    line_text(line, ',', FLASH_TEXT(DEVICE_FIRMWARE_VERSION));
    line_text(line, ',', device->identity.board);
    line_id(line, ',', device->store.unique_id);
    line_number(line, ',', device->store.boots);
    /* In the order of enum reset_cause. */
    line_choice(line, ',', FLASH_TEXT("unknown|power|external|brownout|watchdog"), device->identity.reset_cause);
}

static void number_or_none(struct line *line, bool present, uint32_t value)
{
    if (present)
        line_number(line, '=', value);
    else
        line_text(line, '=', FLASH_TEXT("none"));
}

static void info_pair(const struct device *device, uint8_t which, const struct device_memory *memory, struct line *line)
{
    /* In the order of the enum, from INFO_FIRST on. */
    static const char keys[] FLASH = "sensor|rate_mhz||fault|name|guard_unit|guard_limit|guard_release|guard_source|guard_device|"
                                     "guard_state|zero|kept|window|window_s|free_ram|stack_free";
    const struct guard *guard = &device->guard;
    uint32_t number = 0;

    line_choice(line, ',', keys, (uint8_t)(which - INFO_FIRST));
    switch (which) {
    case INFO_SENSOR:
        line_choice(line, '=', sensor_names, device->sensor->kind);
        return;
    case INFO_FAULT:
        if (device->sensor_changed)
            line_text(line, '=', FLASH_TEXT("sensor_changed"));
        else
            line_choice(line, '=', sensor_fault_names, device->sensor->fault);
        return;
    case INFO_NAME:
        line_bytes(line, '=', device->store.name);
        return;
    case INFO_GUARD_UNIT:
        line_choice(line, '=', FLASH_TEXT("raw|pa"), guard->barometer);
        return;
    case INFO_GUARD_SOURCE:
        line_text(line, '=', source_text(device));
        return;
    case INFO_GUARD_STATE:
        /* In the order of enum guard_state. */
        line_choice(line, '=', FLASH_TEXT("blind|unset|ok|near|over"), guard->state);
        return;
    case INFO_ZERO:
        number_or_none(line, guard->has_zero, (uint32_t)guard->zero);
        return;
    case INFO_KEPT:
        number_or_none(line, device->store.kept_limit != 0, device->store.kept_limit);
        return;
    case INFO_WINDOW:
        line_number(line, '=', guard->min_s);
        line_number(line, '/', guard->max_s);
        line_number(line, '/', guard->work);
        return;
    case INFO_RATE:
        number = sensor_rate_mhz(device->sensor->kind);
        break;
    case INFO_GUARD_LIMIT:
        number = guard_limit(guard);
        break;
    case INFO_GUARD_RELEASE:
        number = guard_release(guard);
        break;
    case INFO_GUARD_DEVICE:
        number = guard->device_limit;
        break;
    case INFO_WINDOW_S:
        number = guard->counted_us / 1000000u;
        break;
    case INFO_FREE_RAM:
        number = memory->free_ram;
        break;
    default:
        number = memory->stack_free;
        break;
    }
    line_number(line, '=', number);
}

static uint8_t greeting_line(struct device *device, const struct device_memory *memory, char *text)
{
    struct line line;

    line_start(&line, text, device->greeting_next == GREETING_HELLO ? 'H' : 'I');
    if (device->greeting_next == INFO_OWN) {
        if (sensor_info(device->sensor, device->greeting_own, &line)) {
            device->greeting_own++;
            device->greeting_pairs++;
            return line_finish(&line);
        }
        device->greeting_next++;
    }
    if (device->greeting_next == GREETING_HELLO) {
        hello_fields(device, &line);
    } else if (device->greeting_next == INFO_END) {
        line_text(&line, ',', FLASH_TEXT("end"));
        line_number(&line, ',', device->greeting_pairs);
    } else {
        info_pair(device, device->greeting_next, memory, &line);
        device->greeting_pairs++;
    }
    device->greeting_next++;
    return line_finish(&line);
}

static uint8_t answer_line(const struct device *device, char *text)
{
    struct line line;

    line_start(&line, text, device->answer == ANSWER_DONE ? 'A' : 'N');
    line_number(&line, ',', device->answer_id);
    if (device->answer != ANSWER_DONE) {
        /* In the order of the answers, from ANSWER_CRC on. */
        line_choice(&line, ',', FLASH_TEXT("crc|unknown|range"), (uint8_t)(device->answer - ANSWER_CRC));
    } else if (device->answer_with == WITH_GUARD) {
        line_number(&line, ',', guard_limit(&device->guard));
        line_number(&line, '/', guard_release(&device->guard));
    } else if (device->answer_with == WITH_RATE) {
        line_number(&line, ',', sensor_rate_mhz(device->sensor->kind));
    } else if (device->answer_with == WITH_SENSOR) {
        line_choice(&line, ',', sensor_names, device->sensor->kind);
    } else {
        line_text(&line, ',', FLASH_TEXT(""));
    }
    return line_finish(&line);
}

static uint8_t event_line(const struct device *device, const struct device_event *event, char *text)
{
    struct line line;

    line_start(&line, text, 'E');
    line_number(&line, ',', event->t_us);
    /* In the order of the enum. */
    line_choice(&line, ',',
                FLASH_TEXT("guard,on|guard,off|zero|window,min|window,max|button,press|button,double|button,stop|sensor,lost|"
                           "sensor,found|sensor_changed|settings,saved|watchdog|brownout"),
                event->code);
    if (event->code == EVENT_ZERO)
        line_number(&line, ',', (uint32_t)device->guard.zero);
    if (event->code == EVENT_SENSOR_CHANGED) {
        line_choice(&line, ',', sensor_names, device->store.sensor_kind);
        line_choice(&line, ',', sensor_names, device->sensor->kind);
    }
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

bool device_has_words(const struct device *device)
{
    return device->event_count != 0 || device->beat_due || !device_listens(device);
}

bool device_wants_memory(const struct device *device)
{
    return device->greeting_next == INFO_STACK_FREE;
}

uint8_t device_speak(struct device *device, uint8_t room_bytes, const struct device_memory *memory, char *text)
{
    /* What is said about the sensor waits until there is something to say. */
    bool greeting = device->greeting_next != device->greeting_end &&
                    (device->greeting_next == GREETING_HELLO || device->sensor->settled);
    uint8_t length;

    if (room_bytes < SPEAK_ROOM_BYTES)
        return 0;
    /* Greeting before its answer: "sends all I lines, then A". Events before a greeting would come before H. The heartbeat last, as
     * nobody waits for it. */
    if (device->event_count > 0 && device->greeting_next != GREETING_HELLO) {
        length = event_line(device, &device->events[0], text);
        device->event_count--;
        memmove(&device->events[0], &device->events[1], device->event_count * sizeof device->events[0]);
    } else if (greeting) {
        length = greeting_line(device, memory, text);
    } else if (device->answer != ANSWER_NONE && device->greeting_next == device->greeting_end) {
        length = answer_line(device, text);
        device->answer = ANSWER_NONE;
    } else if (device->beat_due) {
        length = beat_line(device, memory->free_ram, text);
        device->beat_due = false;
    } else {
        length = 0;
    }
    return length;
}

#include "device.h"

#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "flash.h"
#include "line.h"
#include "speech.h"

#define BEAT_US 1000000u

#define BEEP_HZ_MIN 150u
#define BEEP_HZ_MAX 1000u
#define BEEP_MS_MAX 2000u

/* --- what outlives a restart --- */

static uint16_t survivor_crc(const struct survivor *survivor)
{
    const uint8_t *bytes = (const uint8_t *)survivor;
    uint16_t crc = LINE_CRC_START;

    for (uint8_t i = 0; i < offsetof(struct survivor, crc); i++)
        crc = line_crc(crc, bytes[i]);
    return crc;
}

static void remember(struct device *device)
{
    struct survivor *survivor = device->survivor;

    survivor->limit = device->guard.limit;
    survivor->release = device->guard.release;
    survivor->zero = device->guard.zero;
    survivor->has_zero = device->guard.has_zero;
    survivor->kind = device->sensor->kind;
    survivor->crc = survivor_crc(survivor);
}

/* Forgets what power took: then the memory holds anything, maybe even with a good CRC, if it was short. */
static void check_survivor(struct survivor *survivor, uint8_t cause)
{
    if (cause == RESET_POWER || cause == RESET_BROWNOUT || survivor->crc != survivor_crc(survivor)) {
        memset(survivor, 0, sizeof *survivor);
        return;
    }
    /* Only a restart of a moment ago is sure to find the same load on the ball. A reset by the port may come with a new person. */
    if (cause != RESET_WATCHDOG)
        survivor->has_zero = false;
}

/* --- events --- */

static void event(struct device *device, uint8_t code, uint32_t t_us)
{
    if (device->event_count == DEVICE_EVENTS) {
        device->lines_dropped++;
        return;
    }
    device->events[device->event_count].code = code;
    device->events[device->event_count].t_us = t_us;
    device->event_count++;
}

void device_start(struct device *device, const struct device_identity *identity, const struct store *store, const struct sensor *sensor,
                  struct survivor *survivor)
{
    memset(device, 0, sizeof *device);
    device->identity = *identity;
    device->store = *store;
    device->sensor = sensor;
    device->survivor = survivor;
    check_survivor(survivor, identity->reset_cause);
    device->store.boots++;
    store_save(&device->save);
    command_start(&device->parser);
    guard_start(&device->guard, false, device->store.device_raw);
    device->next_beat_us = BEAT_US;
    device->greeting_next = GREETING_HELLO;
    device->greeting_end = GREETING_END;
    device->streaming = true;
    if (identity->reset_cause == RESET_WATCHDOG)
        event(device, EVENT_WATCHDOG, 0);
    if (identity->reset_cause == RESET_BROWNOUT)
        event(device, EVENT_BROWNOUT, 0);
}

/* --- the sensor --- */

static uint32_t stored_device_limit(const struct device *device)
{
    return sensor_is_barometer(device->sensor->kind) ? device->store.device_pascals : device->store.device_raw;
}

static void sensor_is_settled(struct device *device, uint32_t now_us)
{
    uint8_t kind = device->sensor->kind;
    struct store *store = &device->store;
    const struct survivor *survivor = device->survivor;

    if (kind == SENSOR_NONE)
        return;
    guard_start(&device->guard, sensor_is_barometer(kind), stored_device_limit(device));
    device->guard.trusted_us = now_us;
    device->limit_is_kept = false;
    if (survivor->kind == kind && survivor->limit != 0) {
        guard_set(&device->guard, survivor->limit, survivor->release);
    } else if (store->kept_kind == kind && store->kept_limit != 0) {
        device->limit_is_kept = guard_set(&device->guard, store->kept_limit, store->kept_release);
    }
    if (survivor->kind == kind && survivor->has_zero)
        guard_set_zero(&device->guard, survivor->zero);
    remember(device);

    if (store->sensor_kind == SENSOR_NONE) {
        store->sensor_kind = kind;
        store_save(&device->save);
    } else if (store->sensor_kind != kind) {
        device->sensor_changed = true;
        event(device, EVENT_SENSOR_CHANGED, now_us);
    }
}

void device_sensor(struct device *device, uint8_t told, uint32_t now_us)
{
    if (told & SENSOR_LOST)
        event(device, EVENT_SENSOR_LOST, now_us);
    if (told & SENSOR_FOUND)
        event(device, EVENT_SENSOR_FOUND, now_us);
    if (told & SENSOR_CHOSEN)
        sensor_is_settled(device, now_us);
}

/* --- guard, signals, button --- */

static void update_signals(struct device *device)
{
    signals_update(&device->signals, device->guard.state, device->limit_is_kept, device->sensor_changed, device->t_us);
}

void device_watch(struct device *device, const struct sample *sample)
{
    uint8_t told = guard_sample(&device->guard, sample);

    for (uint8_t i = 0; told >> i != 0; i++)
        if ((told >> i) & 1)
            event(device, (uint8_t)(EVENT_GUARD_ON + i), sample->t_us);
    if (told & GUARD_TOLD_ZERO)
        remember(device);
    if (told & (GUARD_TOLD_MIN | GUARD_TOLD_MAX))
        signals_beep(&device->signals, SIGNALS_BEEP_HZ, (told & GUARD_TOLD_MAX) ? SIGNALS_LONG_MS : SIGNALS_SHORT_MS, device->t_us);
    if (device->guard.state != device->signals.state)
        update_signals(device); /* now, not at the next tick: this is what the person waits for */
}

void device_tick(struct device *device, bool button_down, uint32_t now_us)
{
    uint32_t t_us = now_us;
    uint8_t pressed;

    device->t_us = now_us;
    pressed = button_update(&device->button, button_down, now_us, &t_us);
    if (pressed != BUTTON_NOTHING)
        event(device, (uint8_t)(EVENT_PRESS + (pressed - BUTTON_PRESS)), t_us);
    if (is_due(now_us, device->next_beat_us)) {
        device->beat_due = true;
        device->next_beat_us += BEAT_US;
    }
    update_signals(device);
}

const struct outputs *device_outputs(const struct device *device)
{
    return &device->signals.out;
}

/* --- commands --- */

bool device_listens(const struct device *device)
{
    return device->answer == ANSWER_NONE && device->greeting_next == device->greeting_end;
}

static void greet(struct device *device, uint8_t first, uint8_t end)
{
    device->greeting_next = first;
    device->greeting_end = end;
    device->greeting_own = 0;
    device->greeting_pairs = 0;
}

static void answer(struct device *device, uint8_t id, uint8_t what)
{
    device->answer = what;
    device->answer_id = id;
    if (what != ANSWER_DONE)
        device->commands_refused++;
}

static void save_settings(struct device *device)
{
    store_save(&device->save);
    device->save_is_news = true;
}

static bool obey_zero(struct device *device, struct command *command)
{
    uint32_t zero;

    if (!command->more) {
        guard_take_zero(&device->guard);
        return true;
    }
    if (!command_number(command, &zero) || !guard_set_zero(&device->guard, (int32_t)zero))
        return false;
    remember(device);
    return true;
}

static bool obey_guard(struct device *device, struct command *command)
{
    uint32_t limit, release;

    device->answer_with = WITH_GUARD;
    if (!command_number(command, &limit) || !command_number(command, &release) ||
        !guard_set(&device->guard, limit, release))
        return false;
    device->limit_is_kept = false;
    remember(device);
    return true;
}

static bool obey_window(struct device *device, struct command *command)
{
    uint32_t min_s, max_s, work;

    return command_number(command, &min_s) && command_number(command, &max_s) &&
           command_number(command, &work) && guard_window(&device->guard, min_s, max_s, work);
}

static bool obey_name(struct device *device, struct command *command)
{
    const char *text;
    uint8_t length;

    if (!command_text(command, &text, &length) || length == 0 || length >= STORE_NAME_BYTES)
        return false;
    memset(device->store.name, 0, sizeof device->store.name);
    memcpy(device->store.name, text, length);
    save_settings(device);
    return true;
}

static bool obey_keep(struct device *device, struct command *command)
{
    struct store *store = &device->store;
    struct guard *guard = &device->guard;
    uint32_t limit;
    bool barometer = sensor_is_barometer(device->sensor->kind);

    if (device->sensor->kind == SENSOR_NONE)
        return false;
    if (command_word(command, FLASH_TEXT("sensor"))) {
        store->sensor_kind = device->sensor->kind;
        device->sensor_changed = false;
        device->answer_with = WITH_SENSOR;
    } else if (command_word(command, FLASH_TEXT("device"))) {
        /* The device limit may be lowered, for a smaller ball or a stiffer one, and put back, but never raised above the built-in. */
        if (!command_number(command, &limit) || limit > (barometer ? GUARD_DEVICE_PASCALS : GUARD_DEVICE_RAW) ||
            limit < (barometer ? GUARD_LEAST_PASCALS : GUARD_LEAST_RAW))
            return false;
        if (barometer)
            store->device_pascals = limit;
        else
            store->device_raw = limit;
        guard->device_limit = limit;
        device->answer_with = WITH_GUARD;
    } else if (!command->more || command_word(command, FLASH_TEXT("limit"))) {
        if (guard->limit == 0)
            return false;
        store->kept_limit = guard->limit;
        store->kept_release = guard->release;
        store->kept_kind = device->sensor->kind;
        device->answer_with = WITH_GUARD;
    } else {
        return false;
    }
    save_settings(device);
    return true;
}

static void forget_limit(struct device *device)
{
    guard_set(&device->guard, 0, 0);
    device->limit_is_kept = false;
    remember(device);
}

static bool obey_beep(struct device *device, struct command *command)
{
    uint32_t ms, hz = SIGNALS_BEEP_HZ;

    if (!command_number(command, &ms) || ms > BEEP_MS_MAX)
        return false;
    if (command->more && (!command_number(command, &hz) || hz < BEEP_HZ_MIN || hz > BEEP_HZ_MAX))
        return false;
    signals_beep(&device->signals, (uint16_t)hz, (uint16_t)ms, device->t_us);
    return true;
}

static bool obey_plot(struct device *device, struct command *command)
{
    uint32_t on;

    if (!command_number(command, &on) || on > 1)
        return false;
    device->plotting = on == 1;
    return true;
}

static void obey_reset_defaults(struct device *device)
{
    store_defaults(&device->store);
    device->store.sensor_kind = device->sensor->kind;
    device->sensor_changed = false;
    device->plotting = false;
    device->streaming = true;
    device->guard.device_limit = stored_device_limit(device);
    guard_window(&device->guard, 0, 0, 0);
    forget_limit(device);
    save_settings(device);
}

static void obey(struct device *device, struct command *command)
{
    bool done = true;

    device->answer_with = WITH_NOTHING;
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
    case COMMAND_RATE:
        /* One rate a sensor; asking for another is refused. */
        device->answer_with = WITH_RATE;
        done = !command->more;
        break;
    case COMMAND_ZERO:
        done = obey_zero(device, command);
        break;
    case COMMAND_GUARD:
        done = obey_guard(device, command);
        break;
    case COMMAND_WINDOW:
        done = obey_window(device, command);
        break;
    case COMMAND_NAME:
        done = obey_name(device, command);
        break;
    case COMMAND_KEEP:
        done = obey_keep(device, command);
        break;
    case COMMAND_FORGET:
        device->store.kept_limit = 0;
        device->store.kept_release = 0;
        device->store.kept_kind = SENSOR_NONE;
        forget_limit(device);
        save_settings(device);
        break;
    case COMMAND_BEEP:
        done = obey_beep(device, command);
        break;
    case COMMAND_PLOT:
        done = obey_plot(device, command);
        break;
    case COMMAND_RESET_DEFAULTS:
        obey_reset_defaults(device);
        break;
    default:
        answer(device, command->id, ANSWER_UNKNOWN);
        return;
    }
    answer(device, command->id, done ? ANSWER_DONE : ANSWER_RANGE);
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

/* --- settings --- */

bool device_setting(struct device *device, struct store_write *write)
{
    bool more = store_next(&device->save, &device->store, write);

    if (!more && device->save_is_news) {
        device->save_is_news = false;
        event(device, EVENT_SAVED, device->t_us);
    }
    return more;
}

/* The instrument: what it says and signals, and when. No hardware and no clock; time comes in with the calls.
 *
 * The caller moves the bytes:
 *     device_sensor    whenever sensor_step tells something but a sample
 *     device_watch     for every sample, at once: the guard; then set the outputs
 *     device_tick      every few milliseconds: button, blinking, heartbeat; then set the outputs
 *     device_sample    for every sample, after device_watch; gives the D line, if one is to go out
 *     device_receive   for every byte from the host, while device_listens
 *     device_speak     whenever there may be room; gives the next line of everything else
 *     device_setting   whenever the settings memory is free; gives the next byte to write
 * device_sample and device_speak fill a buffer of LINE_BYTES and return the number of bytes to send now, all of them, or 0.
 */
#ifndef SIXTEN_DEVICE_H
#define SIXTEN_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "button.h"
#include "command.h"
#include "guard.h"
#include "sample.h"
#include "sensor.h"
#include "signals.h"
#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DEVICE_FIRMWARE_VERSION "0.2.0"
/* A press, a guard that goes on and off, a sensor that goes: what can happen before there is room on the wire, and spare. */
#define DEVICE_EVENTS 6

enum reset_cause { RESET_UNKNOWN, RESET_POWER, RESET_EXTERNAL, RESET_BROWNOUT, RESET_WATCHDOG };

/* What outlives a restart, but not the loss of power: the board keeps it in memory that no start-up code clears. After a watchdog
 * restart the guard then goes on where it was, under load, with nobody there. */
struct survivor {
    uint32_t limit, release;
    int32_t zero;
    uint8_t kind; /* of the sensor that they belong to */
    uint8_t has_zero;
    uint16_t crc;
};

struct device_identity {
    const char *board; /* flash text */
    uint8_t reset_cause;
};

/* Free memory, for those who ask. */
struct device_memory {
    uint16_t free_ram;
    uint16_t stack_free;
};

struct device_event {
    uint32_t t_us;
    uint8_t code;
};

struct device {
    struct device_identity identity;
    const struct sensor *sensor;
    struct survivor *survivor;
    uint32_t next_number;    /* the sample number that should come next */
    uint32_t t_us;           /* time of the latest tick */
    uint32_t next_beat_us;
    uint32_t samples_sent;
    uint32_t lines_dropped;
    uint32_t commands_refused;
    uint8_t event_count;
    uint8_t greeting_next;   /* next line of the greeting; equal to greeting_end when there is none to send */
    uint8_t greeting_end;
    uint8_t greeting_own;    /* which of the sensor's own pairs is next */
    uint8_t greeting_pairs;  /* sent so far */
    uint8_t answer;          /* which A or N line is owed */
    uint8_t answer_id;
    uint8_t answer_with;     /* what the A line's result is */
    bool streaming;
    bool plotting;
    bool beat_due;
    bool dropped_before;     /* a sample was lost since the last one that went out */
    bool limit_is_kept;      /* the guard's own limit was carried over */
    bool sensor_changed;     /* another kind than the stored one, and the owner has not said that this is right */
    bool save_is_news;       /* a command asked for the save that is under way */
    /* The large ones last: an AVR reaches the first 64 bytes of a structure with half the code. */
    struct guard guard;
    struct signals signals;
    struct button button;
    struct command_parser parser;
    struct store store;
    struct store_save save;
    struct device_event events[DEVICE_EVENTS];
};

/* Streaming starts at once; the greeting is the first thing that device_speak gives, and its I lines wait until the sensor is settled.
 * store: as loaded or new; the boot is counted here. sensor and survivor must outlive the device. */
void device_start(struct device *device, const struct device_identity *identity, const struct store *store, const struct sensor *sensor,
                  struct survivor *survivor);

/* told: what sensor_step returned. */
void device_sensor(struct device *device, uint8_t told, uint32_t now_us);

void device_watch(struct device *device, const struct sample *sample);
void device_tick(struct device *device, bool button_down, uint32_t now_us);
const struct outputs *device_outputs(const struct device *device);

/* room_bytes: free bytes in the transmit ring. A sample line that does not fit is dropped and counted. */
uint8_t device_sample(struct device *device, const struct sample *sample, uint8_t room_bytes, char *text);

/* False while an answer is owed: the next command waits in the caller's receive ring, so that one answer is all we must remember. */
bool device_listens(const struct device *device);
void device_receive(struct device *device, uint8_t byte);

/* False while device_speak has nothing to give. */
bool device_has_words(const struct device *device);

/* True while somebody will ask for struct device_memory soon; measuring it costs time. */
bool device_wants_memory(const struct device *device);

/* Greeting, answers, events and heartbeats: one line a call. They wait for room and never take it from a sample. */
uint8_t device_speak(struct device *device, uint8_t room_bytes, const struct device_memory *memory, char *text);

bool device_setting(struct device *device, struct store_write *write);

#ifdef __cplusplus
}
#endif

#endif

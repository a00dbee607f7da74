/* The instrument: what it says, and when. No hardware and no clock; time comes in with the samples.
 *
 * The caller moves the bytes:
 *     device_receive   for every byte from the host, while device_listens
 *     device_sample    for every sample; gives the D line, if one is to go out
 *     device_speak     whenever there may be room; gives the next line of everything else
 * Both fill a buffer of LINE_BYTES and return the number of bytes to send now, all of them, or 0.
 */
#ifndef SIXTEN_DEVICE_H
#define SIXTEN_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "sample.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DEVICE_FIRMWARE_VERSION "0.1.0"

/* Who this device is; the texts are flash text. */
struct device_identity {
    const char *board;
    const char *reset_cause;
    uint32_t unique_id;
    uint32_t boots;
};

struct device {
    struct device_identity identity;
    struct command_parser parser;
    uint32_t next_number;    /* the sample number that should come next */
    uint32_t t_us;           /* time of the latest sample */
    uint32_t next_beat_us;
    uint32_t samples_sent;
    uint32_t lines_dropped;
    uint32_t commands_refused;
    uint8_t greeting_next;   /* next line of the greeting; equal to greeting_end when there is none to send */
    uint8_t greeting_end;
    uint8_t answer;          /* which A or N line is owed */
    uint8_t answer_id;
    bool streaming;
    bool beat_due;
    bool dropped_before;     /* a sample was lost since the last one that went out */
};

/* Streaming starts at once; the greeting is the first thing that device_speak gives. */
void device_start(struct device *device, const struct device_identity *identity);

/* False while an answer is owed: the next command waits in the caller's receive ring, so that one answer is all we must remember. */
bool device_listens(const struct device *device);
void device_receive(struct device *device, uint8_t byte);

/* room_bytes: free bytes in the transmit ring. A sample line that does not fit is dropped and counted. */
uint8_t device_sample(struct device *device, const struct sample *sample, uint8_t room_bytes, char *text);

/* Greeting, answers and heartbeats: one line a call. They wait for room and never take it from a sample. */
uint8_t device_speak(struct device *device, uint8_t room_bytes, uint16_t free_ram_bytes, char *text);

#ifdef __cplusplus
}
#endif

#endif

/* What a board must supply. Everything else in this folder is the same on every board.
 *
 * "Flash text" is explained in flash.h.
 */
#ifndef SIXTEN_BOARD_H
#define SIXTEN_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "device.h"
#include "fsr.h"
#include "signals.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Once, before anything else: serial port at 250000 baud (within 0.5 %), receive and transmit rings empty, watchdog off, outputs off. */
void board_start(void);

/* Flash text: a short name for `H`. */
const char *board_name(void);

/* Why the board started; enum reset_cause. */
uint8_t board_reset_cause(void);

/* Memory that no restart clears; power loss leaves anything in it. */
struct survivor *board_survivor(void);

/* 32 bits that are unlikely to be the same on another board. Only before board_sample_start; may take 50 ms. */
uint32_t board_entropy(void);

/* Settings memory, `count` bytes from address 0 on. Only before board_sample_start. */
void board_settings_read(uint8_t *to, uint8_t count);

/* True if a byte can be written now. */
bool board_settings_free(void);

/* Begins to write one byte, unless it is there already, and returns at once. The write goes on for at most 4 ms, in which sampling
 * and everything else goes on too. Only when board_settings_free. */
void board_settings_write(uint8_t address, uint8_t value);

/* From now on the input A0 is converted every 104 us (FSR_CONVERSION_US) with the tolerance of the board's clock, the bus works, and
 * a loop that does not call board_rest for 0.25 s restarts the board with RESET_WATCHDOG. */
void board_sample_start(void);

/* Device time: conversions since board_sample_start, times 104 us. Wraps. */
uint32_t board_now_us(void);

/* The oldest sum not taken yet; false if there is none. Four are kept (13.3 ms); later ones are lost and leave a gap in `number`. */
bool board_sum(struct fsr_sum *sum);

/* Carries the transfer on: begins one that is asked for, hands over one that is done, ends one that takes longer than 2 ms and then
 * frees the bus from a slave that holds it (0.2 ms). Returns at once otherwise. 400 kHz or less, no pull-ups of its own. */
void board_bus(struct bus *bus);

/* True while the button is pressed, as the pin reads; not debounced. */
bool board_button(void);

/* Lights, tone (within 2 %) and motor; at once. */
void board_outputs(const struct outputs *outputs);

/* The oldest byte from the host; false if there is none. 64 are kept (2.5 ms at full speed, and more than the longest command). */
bool board_receive(uint8_t *byte);

/* Bytes that board_transmit can take now; at most 255. */
uint8_t board_transmit_room(void);

/* Queues `count` bytes, not more than board_transmit_room gave. Returns at once; the bytes leave at 40 us each. */
void board_transmit(const char *bytes, uint8_t count);

/* Bytes between heap and stack at this moment. */
uint16_t board_free_ram(void);

/* Bytes between heap and stack that nothing has touched since board_sample_start. Takes up to 0.5 ms. */
uint16_t board_stack_free(void);

/* Rests until an interrupt, at most 104 us once sampling; returns at once if a sum, a byte or a finished transfer is waiting. */
void board_rest(void);

#ifdef __cplusplus
}
#endif

#endif

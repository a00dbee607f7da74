/* What a board must supply. Everything else in this folder is the same on every board.
 *
 * "Flash text" is explained in flash.h.
 */
#ifndef SIXTEN_BOARD_H
#define SIXTEN_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "fsr.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Once, before anything else: serial port at 250000 baud (within 0.5 %), receive and transmit rings empty, watchdog off. */
void board_start(void);

/* Flash text: a short name for `H`. */
const char *board_name(void);

/* Flash text: why the board started; one of power, external, brownout, watchdog, unknown. */
const char *board_reset_cause(void);

/* 32 bits that are unlikely to be the same on another board. Only before board_sample_start; may take 50 ms. */
uint32_t board_entropy(void);

/* Settings memory, `count` bytes from address 0 on. */
void board_settings_read(uint8_t *to, uint8_t count);

/* Writes one byte and waits until it is done, at most 4 ms. Only before board_sample_start, so that sampling never waits for it. */
void board_settings_write(uint8_t address, uint8_t value);

/* From now on the sensor input is converted every 104 us (FSR_CONVERSION_US) with the tolerance of the board's clock. */
void board_sample_start(void);

/* The oldest sum not taken yet; false if there is none. Four are kept (13.3 ms); later ones are lost and leave a gap in `number`. */
bool board_sum(struct fsr_sum *sum);

/* The oldest byte from the host; false if there is none. 64 are kept (2.5 ms at full speed, and more than the longest command). */
bool board_receive(uint8_t *byte);

/* Bytes that board_transmit can take now; at most 255. */
uint8_t board_transmit_room(void);

/* Queues `count` bytes, not more than board_transmit_room gave. Returns at once; the bytes leave at 40 us each. */
void board_transmit(const char *bytes, uint8_t count);

/* Bytes between heap and stack at this moment. */
uint16_t board_free_ram(void);

/* Rests until an interrupt, at most 104 us once sampling; returns at once if a sum or a byte is waiting. */
void board_rest(void);

#ifdef __cplusplus
}
#endif

#endif

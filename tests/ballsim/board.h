/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The simulated board: simavr's ATmega328P, put right where it differs from the chip, with what hangs on its pins. Part of ballsim-core,
 * under its licence.
 */
#ifndef BALLSIM_BOARD_H
#define BALLSIM_BOARD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <simavr/avr_adc.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>

#include "script.h"
#include "sensors.h"

#define CPU_HZ 16000000u
#define CYCLES_PER_US (CPU_HZ / 1000000u)
#define HOST_BYTES 4096                    /* bytes under way to the board; more than any session sends at once */
#define WIRE_BYTES 16                      /* bytes under way from the board: one in the shift register, one waiting, and spare */

#define MCUSR_PORF 0x01
#define MCUSR_EXTRF 0x02

struct ring {
    uint8_t bytes[HOST_BYTES];
    unsigned head, tail; /* count up freely */
};

struct board {
    avr_t *avr;
    avr_uart_t *uart;
    avr_adc_t *adc;
    struct table table;
    struct orders orders;
    avr_cycle_count_t start_cycle; /* of table time 0 */

    /* converter */
    avr_cycle_timer_t model_conversion_end;
    avr_cycle_count_t conversion_start;
    bool conversion_exact; /* conversion_start was set by our own clock and not by the firmware */
    double held_mv;

    /* wire to the board */
    struct ring to_board;
    bool receiving;

    /* wire from the board: bytes and the cycle at which each is complete */
    struct {
        avr_cycle_count_t due;
        uint8_t byte;
    } wire[WIRE_BYTES];
    unsigned wire_head, wire_tail;
    avr_cycle_count_t wire_last_due;

    uint8_t to_host[128]; /* complete since the last slice; a slice holds 25, or 100 at a megabaud */
    size_t to_host_count;

    /* the bus, and what hangs on it */
    struct sensor sensor;
    struct table air; /* the table again, with its own place */
    avr_irq_t *twi_answer;
    bool selected;

    struct orders events;
    avr_irq_t *button;
    bool hang_asked;
    uint64_t slept_cycles;

    FILE *tx_log;
    FILE *pin_log;
};

/* hex: path of the firmware. What the board is to play is in *board already. */
void board_build(struct board *board, const char *hex);

/* The EEPROM from or to a file of 1024 bytes; path NULL or missing: empty. */
void eeprom_load(struct board *board, const char *path);
void eeprom_save(struct board *board, const char *path);

/* mcusr: why, as the chip tells the firmware. */
void board_reset(struct board *board, uint8_t mcusr);

/* The firmware starts now: what is to be sent and to happen is put on its clock. */
void board_start(struct board *board);

void board_run_until(struct board *board, avr_cycle_count_t cycle);

/* Seconds of the table at a cycle. */
double table_time_s(const struct board *board, avr_cycle_count_t cycle);

/* From the host's end of the cable. */
void send_to_board(struct board *board, const char *bytes, size_t count);

#endif

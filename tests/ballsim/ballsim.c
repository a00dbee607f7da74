/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ballsim-core: runs the firmware's .hex on a simulated ATmega328P (simavr) whose analog input follows a table.
 *
 * Copyright (C) 2026 the sixten authors. This program is free software: you can redistribute it and/or modify it under the terms of
 * the GNU General Public License as published by the Free Software Foundation, either version 3 of the License, or (at your option)
 * any later version. It comes WITHOUT ANY WARRANTY; see <https://www.gnu.org/licenses/>.
 *
 * It has this licence, unlike the rest of the project, because it links simavr, which has it. It is a test tool: nothing that is
 * installed links it.
 *
 *   ballsim-core --hex FILE --table FILE [--sensor NAME] [--fast] [--seconds S] [--tx-log FILE] [--send FILE] [--eeprom FILE]
 *                [--events FILE] [--pin-log FILE] [--noise PASCALS] [--idle-log FILE]
 *
 * Without --fast it opens a pseudo-terminal, prints its path as the first line, and keeps pace with the wall clock. Opening the port
 * restarts the board, as DTR does. With --fast there is no terminal and no clock: S seconds run as fast as they can, and two runs
 * give the same log byte for byte, because everything that happens to the board is a timer on its own cycle counter.
 *
 * Table time 0 is when the firmware starts for the first time. The transmit log is in the same time: one line a byte,
 * `microseconds value`, where microseconds is the moment the byte's stop bit ends.
 *
 * The pin log has one line a change: `microseconds pin value`, pin being D5...D9. Events are rows of `t_s,event`: sensor_off, sensor_on,
 * button_down, button_up, rx_noise (a line of junk to the board), hang (the program stops, interrupts go on). The idle log is one
 * number, the share of the cycles that the processor slept.
 *
 * Every comment that says "the model" means simavr 1.6.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <simavr/avr_adc.h>
#include <simavr/avr_eeprom.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_twi.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_hex.h>

#include "sensors.h"

#define CPU_HZ 16000000u
#define CYCLES_PER_US (CPU_HZ / 1000000u)
#define SUPPLY_MV 5000u
#define SLICE_CYCLES (CPU_HZ / 1000u)      /* paced mode looks at the terminal once a millisecond */
#define BOOT_LOADER_CYCLES CPU_HZ          /* Optiboot waits about this long for an upload before it starts the firmware */
#define LATE_NS 200000000                  /* further behind than this, paced mode gives up the lost time */
#define EEPROM_BYTES 1024
#define HOST_CYCLES_PER_BYTE 640u          /* the host end of the cable: 10 bits at 250000 baud */
#define HOST_BYTES 4096                    /* bytes under way to the board; more than any session sends at once */
#define WIRE_BYTES 16                      /* bytes under way from the board: one in the shift register, one waiting, and spare */
#define LINE_BYTES 256                     /* of the --send file; the protocol allows 56 */

#define REG_MCUSR 0x54
#define MCUSR_PORF 0x01
#define MCUSR_EXTRF 0x02
#define REG_UBRR0L 0xC4

static void die(const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "ballsim-core: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

static void *grow(void *old, size_t bytes)
{
    void *bigger = realloc(old, bytes);
    if (bigger == NULL)
        die("out of memory");
    return bigger;
}

/* --- the table ------------------------------------------------------------------------------------------------------------- */

struct row {
    double t_s, a0_mv, pressure_pa, temp_c;
};

struct table {
    struct row *rows;
    size_t count;
    size_t at; /* the row at or before the time asked for last */
};

static void table_read(struct table *table, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE_BYTES];
    unsigned number = 0;

    if (file == NULL)
        die("%s: %s", path, strerror(errno));
    memset(table, 0, sizeof *table);
    while (fgets(line, sizeof line, file) != NULL) {
        struct row row;
        number++;
        if (number == 1) {
            line[strcspn(line, "\r\n")] = '\0';
            if (strcmp(line, "t_s,a0_mv,pressure_pa,temp_c") != 0)
                die("%s:1: the header must be t_s,a0_mv,pressure_pa,temp_c", path);
            continue;
        }
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        if (sscanf(line, "%lf,%lf,%lf,%lf", &row.t_s, &row.a0_mv, &row.pressure_pa, &row.temp_c) != 4 ||
            !isfinite(row.t_s) || !isfinite(row.a0_mv) || !isfinite(row.pressure_pa) || !isfinite(row.temp_c))
            die("%s:%u: not four numbers", path, number);
        if (table->count > 0 && row.t_s < table->rows[table->count - 1].t_s)
            die("%s:%u: time runs backwards", path, number);
        table->rows = grow(table->rows, (table->count + 1) * sizeof row);
        table->rows[table->count++] = row;
    }
    fclose(file);
    if (table->count == 0)
        die("%s: no rows", path);
}

static struct row table_at(struct table *table, double t_s)
{
    const struct row *rows = table->rows;

    /* Of rows with equal time the last one counts from that time on: that is what makes two of them a step. */
    while (table->at + 1 < table->count && rows[table->at + 1].t_s <= t_s)
        table->at++;
    while (table->at > 0 && rows[table->at].t_s > t_s)
        table->at--;
    const struct row *here = &rows[table->at];
    if (t_s <= here->t_s || table->at + 1 == table->count)
        return *here;
    const struct row *next = here + 1;
    double share = (t_s - here->t_s) / (next->t_s - here->t_s);
    return (struct row){t_s, here->a0_mv + (next->a0_mv - here->a0_mv) * share,
                        here->pressure_pa + (next->pressure_pa - here->pressure_pa) * share,
                        here->temp_c + (next->temp_c - here->temp_c) * share};
}

static void table_air(void *parameter, double t_s, double *pascals, double *celsius)
{
    struct row row = table_at(parameter, t_s);
    *pascals = row.pressure_pa;
    *celsius = row.temp_c;
}

/* --- what is sent to the board ----------------------------------------------------------------------------------------------- */

struct order {
    double t_s;
    char *line; /* with CRC and line feed */
};

struct orders {
    struct order *list;
    size_t count;
    size_t next;
};

static uint16_t crc_ccitt_false(const char *bytes, size_t count)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < count; i++) {
        crc ^= (unsigned)(uint8_t)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    }
    return (uint16_t)crc;
}

static void orders_read(struct orders *orders, const char *path, const char *header)
{
    FILE *file = fopen(path, "r");
    char text[LINE_BYTES];
    unsigned number = 0;

    if (file == NULL)
        die("%s: %s", path, strerror(errno));
    while (fgets(text, sizeof text, file) != NULL) {
        struct order order;
        char *end, *line;
        size_t length;
        number++;
        text[strcspn(text, "\r\n")] = '\0';
        if (text[0] == '\0' || (number == 1 && strcmp(text, header) == 0))
            continue;
        order.t_s = strtod(text, &end);
        if (end == text || *end != ',' || !isfinite(order.t_s))
            die("%s:%u: not %s", path, number, header);
        if (orders->count > 0 && order.t_s < orders->list[orders->count - 1].t_s)
            die("%s:%u: time runs backwards", path, number);
        line = end + 1;
        length = strlen(line);
        order.line = grow(NULL, length + sizeof "*HHHH\n");
        if ((length >= 5 && line[length - 5] == '*') || strcmp(header, "t_s,event") == 0)
            sprintf(order.line, "%s\n", line);
        else
            sprintf(order.line, "%s*%04X\n", line, crc_ccitt_false(line, length));
        orders->list = grow(orders->list, (orders->count + 1) * sizeof order);
        orders->list[orders->count++] = order;
    }
    fclose(file);
}

/* --- the board --------------------------------------------------------------------------------------------------------------- */

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

static double table_time_s(const struct board *board, avr_cycle_count_t cycle)
{
    return cycle < board->start_cycle ? 0.0 : (double)(cycle - board->start_cycle) / CPU_HZ;
}

static avr_cycle_count_t cycles_until(const struct board *board, avr_cycle_count_t cycle)
{
    return cycle > board->avr->cycle ? cycle - board->avr->cycle : 1;
}

/* The converter.
 *
 * Three things in the model differ from the chip, and all three are put right here.
 *
 * 1. Rate. On the chip, free-running conversions are exactly 13 ADC clocks apart (datasheet section 24.4). The model starts each one
 *    `13 ADC clocks from now`, where now is when the last one was noticed: a few cycles late, since instructions are not interrupted
 *    and sleep is left one cycle after the timer. The error adds up to 0.16 %. So the model's end-of-conversion timer is taken out
 *    of its queue right after it was put in, and its function is called from a timer of ours, which returns an absolute next time.
 * 2. Instant. The model computes the result when ADCL is read, from the voltage that is set then; the chip samples at the start of
 *    the conversion. So the voltage is held at the start, and set at the end, before the next conversion is started.
 * 3. Scale. The chip gives floor(1024 V / Vref), at most 1023 (section 24.7); the model floor(1023 mV / Vref). So the model is given
 *    the millivolts that make it return the chip's result.
 */
static uint32_t model_mv(double mv)
{
    double counts = floor(mv * 1024.0 / SUPPLY_MV);
    if (!(counts > 0))
        counts = 0;
    if (counts > 1023)
        counts = 1023;
    return (uint32_t)ceil(counts * SUPPLY_MV / 1023.0);
}

static avr_cycle_count_t conversion_cycles(const struct board *board)
{
    unsigned prescaler_bits = avr_regbit_get_array(board->avr, board->adc->adps, 3);
    unsigned adc_clocks = board->adc->first ? 25 : 13; /* section 24.4: the first one after switching on is longer */
    return (avr_cycle_count_t)adc_clocks << (prescaler_bits == 0 ? 1 : prescaler_bits);
}

static avr_cycle_count_t conversion_end(avr_t *avr, avr_cycle_count_t when, void *parameter)
{
    struct board *board = parameter;

    avr_raise_irq(board->adc->io.irq + ADC_IRQ_ADC0, model_mv(board->held_mv));
    board->conversion_start = when;
    board->conversion_exact = true;
    /* Raises the interrupt and, when free running, starts the next conversion through conversion_started below. */
    board->model_conversion_end(avr, when, board->adc);
    board->conversion_exact = false;
    avr_cycle_timer_cancel(avr, board->model_conversion_end, board->adc);
    if (!avr_regbit_get(avr, board->adc->adsc))
        return 0;
    return when + conversion_cycles(board);
}

/* One cycle after the firmware started a conversion: the model's timer is in the queue now, so take its place. */
static avr_cycle_count_t conversion_take_over(avr_t *avr, avr_cycle_count_t when, void *parameter)
{
    struct board *board = parameter;
    avr_cycle_count_t end = board->conversion_start + conversion_cycles(board);

    (void)when;
    for (avr_cycle_timer_slot_p slot = avr->cycle_timers.timer; slot != NULL; slot = slot->next)
        if (slot->param == board->adc)
            board->model_conversion_end = slot->timer;
    if (board->model_conversion_end == NULL)
        die("simavr does not time its conversions as version 1.6 does");
    avr_cycle_timer_cancel(avr, board->model_conversion_end, board->adc);
    avr_cycle_timer_register(avr, cycles_until(board, end), conversion_end, board);
    return 0;
}

static void conversion_started(avr_irq_t *irq, uint32_t value, void *parameter)
{
    struct board *board = parameter;
    union {
        avr_adc_mux_t mux;
        uint32_t value;
    } input = {.value = value};

    (void)irq;
    if (!board->conversion_exact) {
        board->conversion_start = board->avr->cycle;
        avr_cycle_timer_register(board->avr, 1, conversion_take_over, board);
    }
    if (input.mux.kind == ADC_MUX_SINGLE && input.mux.src == 0)
        board->held_mv = table_at(&board->table, table_time_s(board, board->conversion_start)).a0_mv;
}

/* The serial port, board to host. The model shows a byte when it enters the shift register; the host has it one byte time later. */
static avr_cycle_count_t wire_byte_complete(avr_t *avr, avr_cycle_count_t when, void *parameter)
{
    struct board *board = parameter;
    uint8_t byte = board->wire[board->wire_tail % WIRE_BYTES].byte;

    (void)avr;
    board->wire_tail++;
    if (board->tx_log != NULL)
        fprintf(board->tx_log, "%llu %u\n", (unsigned long long)(when - board->start_cycle) / CYCLES_PER_US, byte);
    if (board->to_host_count < sizeof board->to_host)
        board->to_host[board->to_host_count++] = byte;
    return board->wire_tail == board->wire_head ? 0 : board->wire[board->wire_tail % WIRE_BYTES].due;
}

static void uart_sends(avr_irq_t *irq, uint32_t value, void *parameter)
{
    struct board *board = parameter;
    avr_cycle_count_t now = board->avr->cycle;
    avr_cycle_count_t due = (now > board->wire_last_due ? now : board->wire_last_due) + board->uart->cycles_per_byte;

    (void)irq;
    if (board->wire_head - board->wire_tail == WIRE_BYTES)
        die("the model sends faster than its baud rate");
    board->wire_last_due = due;
    board->wire[board->wire_head % WIRE_BYTES].due = due;
    board->wire[board->wire_head % WIRE_BYTES].byte = (uint8_t)value;
    if (board->wire_head++ == board->wire_tail)
        avr_cycle_timer_register(board->avr, cycles_until(board, due), wire_byte_complete, board);
}

/* The model counts a parity bit that 8N1 does not have: 11 bits a byte. Runs after the model's own handler of the same register. */
static void baud_written(avr_t *avr, avr_io_addr_t address, uint8_t value, void *parameter)
{
    struct board *board = parameter;
    (void)avr, (void)address, (void)value;
    board->uart->cycles_per_byte = board->uart->cycles_per_byte * 10 / 11;
}

/* The serial port, host to board: one byte each 40 us, as the cable would deliver them. */
static avr_cycle_count_t host_byte_complete(avr_t *avr, avr_cycle_count_t when, void *parameter)
{
    struct board *board = parameter;
    struct ring *ring = &board->to_board;

    (void)avr;
    avr_raise_irq(board->uart->io.irq + UART_IRQ_INPUT, ring->bytes[ring->tail++ % HOST_BYTES]);
    board->receiving = ring->tail != ring->head;
    return board->receiving ? when + HOST_CYCLES_PER_BYTE : 0;
}

static void send_to_board(struct board *board, const char *bytes, size_t count)
{
    struct ring *ring = &board->to_board;

    for (size_t i = 0; i < count && ring->head - ring->tail < HOST_BYTES; i++)
        ring->bytes[ring->head++ % HOST_BYTES] = (uint8_t)bytes[i];
    if (!board->receiving && ring->head != ring->tail) {
        board->receiving = true;
        avr_cycle_timer_register(board->avr, HOST_CYCLES_PER_BYTE, host_byte_complete, board);
    }
}

static avr_cycle_count_t order_cycle(const struct board *board, const struct order *order)
{
    return board->start_cycle + (order->t_s > 0 ? (avr_cycle_count_t)(order->t_s * CPU_HZ) : 0);
}

static avr_cycle_count_t order_due(avr_t *avr, avr_cycle_count_t when, void *parameter)
{
    struct board *board = parameter;
    struct orders *orders = &board->orders;

    (void)when;
    /* A loop, so that the next time is in the future: the model forgets a timer that asks for a time in the past. */
    while (orders->next < orders->count && order_cycle(board, &orders->list[orders->next]) <= avr->cycle) {
        const char *line = orders->list[orders->next++].line;
        send_to_board(board, line, strlen(line));
    }
    return orders->next < orders->count ? order_cycle(board, &orders->list[orders->next]) : 0;
}

/* --- sensors, pins, events --- */

static void bus_does(avr_irq_t *irq, uint32_t value, void *parameter)
{
    struct board *board = parameter;
    avr_twi_msg_irq_t message;
    double t_s = table_time_s(board, board->avr->cycle);

    (void)irq;
    message.u.v = value;
    unsigned what = message.u.twi.msg, address = message.u.twi.addr;
    if (what & TWI_COND_STOP)
        board->selected = false;
    if (what & TWI_COND_START) {
        board->selected = sensor_selected(&board->sensor, (uint8_t)(address >> 1), address & 1, t_s);
        if (board->selected)
            avr_raise_irq(board->twi_answer, avr_twi_irq_msg(TWI_COND_ACK, (uint8_t)address, 1));
    }
    if (!board->selected)
        return;
    if (what & TWI_COND_WRITE) {
        sensor_written(&board->sensor, message.u.twi.data, t_s);
        avr_raise_irq(board->twi_answer, avr_twi_irq_msg(TWI_COND_ACK, (uint8_t)address, 1));
    }
    if (what & TWI_COND_READ)
        avr_raise_irq(board->twi_answer, avr_twi_irq_msg(TWI_COND_READ, (uint8_t)address, sensor_read(&board->sensor, t_s)));
}

static const struct {
    char port;
    int bit;
    const char *name;
} watched_pins[] = {{'D', 5, "D5"}, {'D', 6, "D6"}, {'D', 7, "D7"}, {'B', 0, "D8"}, {'B', 1, "D9"}};

static struct board *pin_board; /* simavr's notification has one parameter, which names the pin */

static void pin_changed(avr_irq_t *irq, uint32_t value, void *parameter)
{
    static uint32_t last[5];
    size_t pin = (size_t)parameter;
    struct board *board = pin_board;

    (void)irq;
    if (board->pin_log == NULL || last[pin] == value)
        return;
    last[pin] = value;
    fprintf(board->pin_log, "%llu %s %u\n", (unsigned long long)(board->avr->cycle - board->start_cycle) / CYCLES_PER_US,
            watched_pins[pin].name, value);
}

/* Told in two ways: the model sets the pin back to its pull-up at each write to the port, unless an outer pull is known. */
static void button_pin(struct board *board, uint32_t level)
{
    avr_ioport_external_t outer = {.name = 'D', .mask = 1 << 2, .value = (level & 1) << 2};
    avr_ioctl(board->avr, AVR_IOCTL_IOPORT_SET_EXTERNAL('D'), &outer);
    avr_raise_irq(board->button, level);
}

static void event_happens(struct board *board, const char *event)
{
    static const char noise[] = "\001\377C,1,st\200op*12\r,,\001*****C,9,guard,1*ZZZZ\n\177";
    double t_s = table_time_s(board, board->avr->cycle);

    if (strcmp(event, "sensor_off\n") == 0)
        sensor_power(&board->sensor, false, t_s);
    else if (strcmp(event, "sensor_on\n") == 0)
        sensor_power(&board->sensor, true, t_s);
    else if (strcmp(event, "button_down\n") == 0)
        button_pin(board, 0);
    else if (strcmp(event, "button_up\n") == 0)
        button_pin(board, 1);
    else if (strcmp(event, "rx_noise\n") == 0)
        send_to_board(board, noise, sizeof noise);
    else if (strcmp(event, "hang\n") == 0)
        board->hang_asked = true;
    else
        die("no such event: %s", event);
}

static avr_cycle_count_t event_due(avr_t *avr, avr_cycle_count_t when, void *parameter)
{
    struct board *board = parameter;
    struct orders *events = &board->events;

    (void)when;
    while (events->next < events->count && order_cycle(board, &events->list[events->next]) <= avr->cycle)
        event_happens(board, events->list[events->next++].line);
    return events->next < events->count ? order_cycle(board, &events->list[events->next]) : 0;
}

/* A jump to itself, put behind the program. */
static void hang(avr_t *avr)
{
    avr->flash[avr->flashend - 1] = 0xFF;
    avr->flash[avr->flashend] = 0xCF;
    avr->pc = avr->flashend - 1;
}

/* Idle: the model would sleep on the wall clock; here time simply goes on to the next timer. */
static void no_sleep(avr_t *avr, avr_cycle_count_t cycles)
{
    (void)avr;
    pin_board->slept_cycles += cycles;
}

static void model_log(avr_t *avr, const int level, const char *format, va_list arguments)
{
    (void)avr;
    if (level <= LOG_ERROR)
        vfprintf(stderr, format, arguments);
}

static void board_build(struct board *board, const char *hex)
{
    static const char core[] = "atmega328p";
    elf_firmware_t firmware;
    uint32_t size = 0, start = 0, no_flags = 0;

    avr_global_logger_set(model_log);
    memset(&firmware, 0, sizeof firmware);
    if (access(hex, R_OK) != 0)
        die("%s: %s", hex, strerror(errno));
    firmware.flash = read_ihex_file(hex, &size, &start);
    if (firmware.flash == NULL || size == 0)
        die("%s: not an Intel hex file", hex);
    firmware.flashsize = size;
    firmware.flashbase = start;

    avr_t *avr = board->avr = avr_make_mcu_by_name(core);
    if (avr == NULL)
        die("this simavr has no %s", core);
    avr_init(avr);
    avr_load_firmware(avr, &firmware);
    avr->frequency = CPU_HZ;
    avr->vcc = avr->avcc = avr->aref = SUPPLY_MV;
    avr->sleep = no_sleep;
    for (avr_io_t *io = avr->io_port; io != NULL; io = io->next) {
        if (strcmp(io->kind, "uart") == 0 && ((avr_uart_t *)io)->name == '0')
            board->uart = (avr_uart_t *)io;
        if (strcmp(io->kind, "adc") == 0)
            board->adc = (avr_adc_t *)io;
    }
    if (board->uart == NULL || board->adc == NULL)
        die("this simavr's %s has no serial port or no converter", core);

    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &no_flags); /* no echo on stdout, no sleeping when polled */
    avr_register_io_write(avr, REG_UBRR0L, baud_written, board);
    avr_irq_register_notify(board->uart->io.irq + UART_IRQ_OUTPUT, uart_sends, board);
    avr_irq_register_notify(board->adc->io.irq + ADC_IRQ_OUT_TRIGGER, conversion_started, board);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_OUTPUT), bus_does, board);
    board->twi_answer = avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_INPUT);
    pin_board = board;
    for (size_t i = 0; i < sizeof watched_pins / sizeof watched_pins[0]; i++)
        avr_irq_register_notify(avr_io_getirq(avr, (uint32_t)AVR_IOCTL_IOPORT_GETIRQ(watched_pins[i].port), watched_pins[i].bit),
                                pin_changed, (void *)i);
    board->button = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), 2);
}

/* The model keeps flash and EEPROM but drops all timers, so what was on the wires is gone too. */
static void board_reset(struct board *board, uint8_t mcusr)
{
    avr_reset(board->avr);
    board->avr->data[REG_MCUSR] = mcusr;
    board->receiving = false;
    board->to_board.tail = board->to_board.head;
    board->wire_tail = board->wire_head;
    board->wire_last_due = 0;
    board->to_host_count = 0;
    board->selected = false;
    button_pin(board, 1);
}

static void board_start(struct board *board)
{
    struct orders *orders = &board->orders;

    while (orders->next < orders->count && order_cycle(board, &orders->list[orders->next]) + HOST_CYCLES_PER_BYTE < board->avr->cycle)
        orders->next++; /* the boot loader had that line */
    if (orders->next < orders->count)
        avr_cycle_timer_register(board->avr, cycles_until(board, order_cycle(board, &orders->list[orders->next])), order_due, board);

    struct orders *events = &board->events;
    if (events->next < events->count)
        avr_cycle_timer_register(board->avr, cycles_until(board, order_cycle(board, &events->list[events->next])), event_due, board);
}

static void eeprom_load(struct board *board, const char *path)
{
    uint8_t bytes[EEPROM_BYTES];
    avr_eeprom_desc_t all = {.ee = bytes, .offset = 0, .size = sizeof bytes};
    FILE *file = path != NULL ? fopen(path, "rb") : NULL;

    memset(bytes, 0xFF, sizeof bytes);
    if (file != NULL) {
        if (fread(bytes, 1, sizeof bytes, file) != sizeof bytes)
            die("%s: an EEPROM has %d bytes", path, EEPROM_BYTES);
        fclose(file);
    } else if (path != NULL && errno != ENOENT) {
        die("%s: %s", path, strerror(errno));
    }
    avr_ioctl(board->avr, AVR_IOCTL_EEPROM_SET, &all);
}

static void eeprom_save(struct board *board, const char *path)
{
    uint8_t bytes[EEPROM_BYTES] = {0};
    avr_eeprom_desc_t all = {.ee = bytes, .offset = 0, .size = sizeof bytes};
    FILE *file;

    avr_ioctl(board->avr, AVR_IOCTL_EEPROM_GET, &all);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, sizeof bytes, file) != sizeof bytes || fclose(file) != 0)
        die("%s: %s", path, strerror(errno));
}

/* --- running ----------------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static void run_until(struct board *board, avr_cycle_count_t cycle)
{
    while (board->avr->cycle < cycle) {
        int state = avr_run(board->avr);
        if (board->hang_asked && board->avr->state == cpu_Running && board->avr->sreg[S_I]) {
            board->hang_asked = false;
            hang(board->avr);
        }
        if (state == cpu_Crashed || state == cpu_Done)
            die("the firmware stopped (state %d) at %.6f s", state, table_time_s(board, board->avr->cycle));
    }
}

static void run_fast(struct board *board, double seconds)
{
    board_reset(board, MCUSR_PORF);
    board->start_cycle = board->avr->cycle;
    board_start(board);
    for (avr_cycle_count_t left = (avr_cycle_count_t)(seconds * CPU_HZ); left > 0 && !stop_asked;) {
        avr_cycle_count_t slice = left < SLICE_CYCLES ? left : SLICE_CYCLES;
        left -= slice;
        run_until(board, board->start_cycle + (avr_cycle_count_t)(seconds * CPU_HZ) - left);
    }
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wait_until_ns(int64_t ns)
{
    struct timespec until = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

struct terminal {
    int master;
    int watch; /* inotify on the other end */
    int readers;
};

static void terminal_open(struct terminal *terminal)
{
    int slave;
    struct termios raw;
    char path[128];

    if (openpty(&terminal->master, &slave, path, NULL, NULL) != 0)
        die("openpty: %s", strerror(errno));
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    close(slave);
    fcntl(terminal->master, F_SETFL, O_NONBLOCK);
    terminal->readers = 0;
    terminal->watch = inotify_init1(IN_NONBLOCK);
    if (terminal->watch < 0 || inotify_add_watch(terminal->watch, path, IN_OPEN | IN_CLOSE) < 0)
        die("inotify: %s", strerror(errno));
    puts(path);
    fflush(stdout);
}

/* True if the port was opened since the last call by somebody who had it for himself: that is when a driver raises DTR. The events
 * are kept by the kernel, so closing and opening again between two calls is not missed, as it would be by asking for POLLHUP. */
static bool terminal_was_opened(struct terminal *terminal)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool opened = false;
    ssize_t count;

    while ((count = read(terminal->watch, events, sizeof events)) > 0)
        for (char *at = events; at < events + count; at += sizeof(struct inotify_event) + ((struct inotify_event *)at)->len) {
            if (((struct inotify_event *)at)->mask & IN_OPEN)
                opened = terminal->readers++ == 0 || opened;
            else if (((struct inotify_event *)at)->mask & IN_CLOSE)
                terminal->readers--;
        }
    return opened;
}

static void run_paced(struct board *board, double seconds)
{
    enum { NEVER_OPENED, BOOT_LOADER, FIRMWARE } phase = NEVER_OPENED;
    struct terminal terminal;
    bool started = false;
    avr_t *avr = board->avr;
    avr_cycle_count_t next = 0, firmware_at = 0;
    int64_t anchor_ns = 0;
    avr_cycle_count_t anchor_cycle = 0;

    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0); /* the default 50 us would be late at each slice */
    terminal_open(&terminal);
    while (!stop_asked) {
        char bytes[256];
        ssize_t count;

        if (phase == NEVER_OPENED) {
            struct pollfd first_opening = {.fd = terminal.watch, .events = POLLIN};
            poll(&first_opening, 1, 500); /* not for ever: a signal may come just before */
        }
        if (terminal_was_opened(&terminal)) {
            /* DTR. What came before it is lost: the reader must not find old samples. */
            tcflush(terminal.master, TCIOFLUSH);
            board_reset(board, MCUSR_EXTRF);
            if (phase == NEVER_OPENED) {
                anchor_ns = now_ns();
                anchor_cycle = next = avr->cycle;
            }
            phase = BOOT_LOADER;
            firmware_at = next + BOOT_LOADER_CYCLES;
        }
        if (phase == NEVER_OPENED)
            continue;

        next += SLICE_CYCLES;
        count = terminal.readers > 0 ? read(terminal.master, bytes, sizeof bytes) : 0;
        if (phase == BOOT_LOADER && next > firmware_at) {
            avr->cycle = firmware_at;
            if (!started)
                board->start_cycle = firmware_at;
            started = true;
            phase = FIRMWARE;
            board_start(board);
        }
        if (phase == FIRMWARE) {
            if (count > 0)
                send_to_board(board, bytes, (size_t)count);
            run_until(board, next);
        }
        /* In one piece, as USB brings them. A full terminal, which is one that nobody reads, loses them, as a serial port does. */
        if (terminal.readers > 0 && board->to_host_count > 0 &&
            write(terminal.master, board->to_host, board->to_host_count) < 0 && errno != EAGAIN && errno != EIO)
            die("terminal: %s", strerror(errno));
        board->to_host_count = 0;
        if (started && seconds > 0 && table_time_s(board, next) >= seconds)
            break;

        int64_t due_ns = anchor_ns + (int64_t)((next - anchor_cycle) * 1000 / CYCLES_PER_US);
        int64_t late_ns = now_ns() - due_ns;
        if (late_ns > LATE_NS) {
            anchor_ns += late_ns;
            due_ns += late_ns;
        }
        wait_until_ns(due_ns);
    }
    close(terminal.watch);
    close(terminal.master);
}

static double read_seconds(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0) || value > 1e6)
        die("--seconds needs a number above 0, not %s", text);
    return value;
}

int main(int count, char **arguments)
{
    static const struct option options[] = {
        {"hex", required_argument, NULL, 'h'},     {"table", required_argument, NULL, 't'}, {"fast", no_argument, NULL, 'f'},
        {"seconds", required_argument, NULL, 's'}, {"tx-log", required_argument, NULL, 'l'}, {"send", required_argument, NULL, 'c'},
        {"eeprom", required_argument, NULL, 'e'},  {"sensor", required_argument, NULL, 'S'},
        {"events", required_argument, NULL, 'E'},  {"pin-log", required_argument, NULL, 'p'}, {"noise", required_argument, NULL, 'n'},
        {"idle-log", required_argument, NULL, 'i'}, {NULL, 0, NULL, 0}};
    static struct board board; /* static: the ring is large, and all starts at zero */
    const char *hex = NULL, *table = NULL, *log = NULL, *send = NULL, *eeprom = NULL;
    const char *sensor = "fsr", *events = NULL, *pins = NULL, *idle = NULL;
    double seconds = 0, noise_pa = 0;
    bool fast = false;
    int option;

    while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
        switch (option) {
        case 'h': hex = optarg; break;
        case 't': table = optarg; break;
        case 'f': fast = true; break;
        case 's': seconds = read_seconds(optarg); break;
        case 'l': log = optarg; break;
        case 'c': send = optarg; break;
        case 'e': eeprom = optarg; break;
        case 'S': sensor = optarg; break;
        case 'E': events = optarg; break;
        case 'p': pins = optarg; break;
        case 'n': noise_pa = strtod(optarg, NULL); break;
        case 'i': idle = optarg; break;
        default: return 2;
        }
    }
    if (hex == NULL || table == NULL || optind != count || (fast && seconds <= 0))
        die("usage: ballsim-core --hex FILE --table FILE [--sensor NAME] [--fast] [--seconds S] [--tx-log FILE] [--send FILE]\n"
            "       [--eeprom FILE] [--events FILE] [--pin-log FILE] [--noise PASCALS] [--idle-log FILE]\n--fast needs --seconds");

    table_read(&board.table, table);
    if (send != NULL)
        orders_read(&board.orders, send, "t_s,line");
    if (events != NULL)
        orders_read(&board.events, events, "t_s,event");
    board.air = board.table;
    if (!sensor_make(&board.sensor, sensor, table_air, &board.air, noise_pa))
        die("no such sensor: %s", sensor);
    if (pins != NULL && (board.pin_log = fopen(pins, "w")) == NULL)
        die("%s: %s", pins, strerror(errno));
    if (log != NULL && (board.tx_log = fopen(log, "w")) == NULL)
        die("%s: %s", log, strerror(errno));
    board_build(&board, hex);
    eeprom_load(&board, eeprom);

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (fast)
        run_fast(&board, seconds);
    else
        run_paced(&board, seconds);

    if (eeprom != NULL)
        eeprom_save(&board, eeprom);
    if (idle != NULL) {
        FILE *file = fopen(idle, "w");
        if (file == NULL || fprintf(file, "%.4f\n", (double)board.slept_cycles / (double)(board.avr->cycle - board.start_cycle)) < 0 ||
            fclose(file) != 0)
            die("%s: %s", idle, strerror(errno));
    }
    if (board.pin_log != NULL && fclose(board.pin_log) != 0)
        die("%s: %s", pins, strerror(errno));
    if (board.tx_log != NULL && fclose(board.tx_log) != 0)
        die("%s: %s", log, strerror(errno));
    return 0;
}

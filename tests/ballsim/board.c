/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See board.h. Every comment that says "the model" means simavr 1.6.
 */
#include "board.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <simavr/avr_eeprom.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_twi.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_hex.h>

#define SUPPLY_MV 5000u
#define EEPROM_BYTES 1024
#define HOST_CYCLES_PER_BYTE 640u          /* the host end of the cable: 10 bits at 250000 baud */
#define REG_MCUSR 0x54
#define REG_UBRR0L 0xC4

double table_time_s(const struct board *board, avr_cycle_count_t cycle)
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

void send_to_board(struct board *board, const char *bytes, size_t count)
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

void board_build(struct board *board, const char *hex)
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
void board_reset(struct board *board, uint8_t mcusr)
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

void board_start(struct board *board)
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

void eeprom_load(struct board *board, const char *path)
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

void eeprom_save(struct board *board, const char *path)
{
    uint8_t bytes[EEPROM_BYTES] = {0};
    avr_eeprom_desc_t all = {.ee = bytes, .offset = 0, .size = sizeof bytes};
    FILE *file;

    avr_ioctl(board->avr, AVR_IOCTL_EEPROM_GET, &all);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, sizeof bytes, file) != sizeof bytes || fclose(file) != 0)
        die("%s: %s", path, strerror(errno));
}

void board_run_until(struct board *board, avr_cycle_count_t cycle)
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

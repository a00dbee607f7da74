/* board.h on an ATmega328P at 16 MHz: Arduino Uno and Nano. The pins are in pins_avr.h.
 *
 * "DS" = ATmega48A/PA/88A/PA/168A/PA/328/P datasheet, Microchip DS40002061.
 *
 * Not Arduino's Serial: its transmit ring holds 63 bytes and a full one blocks the caller, while here a line is queued whole or
 * refused. Its interrupt handlers would clash with ours, so a sketch that uses both does not link.
 */
#ifdef __AVR_ATmega328P__

#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <util/atomic.h>
#include <util/delay.h>

#include "board.h"
#include "flash.h"
#include "pins_avr.h"

#if F_CPU != 16000000UL
#error "conversion time and baud rate are worked out for 16 MHz"
#endif

/* DS section 20.3.1, double speed: baud = F_CPU / (8 (UBRR + 1)), so 7 gives 250000 with no error. */
static const uint8_t UBRR_250000 = 7;

/* Indices are uint8_t: for the transmit ring they wrap by themselves at 256, which is why it has that size. One place stays empty
 * to tell full from empty. It holds seven sample lines, 23 ms of them. */
static const uint16_t TX_RING_BYTES = 256;
static const uint8_t RX_RING_BYTES = 64;
static const uint8_t SUM_RING = 4;

static char tx_ring[TX_RING_BYTES];
static volatile uint8_t tx_head, tx_tail; /* head: next free place, moved by loop(); tail: next to send, moved by the interrupt */

static uint8_t rx_ring[RX_RING_BYTES];
static volatile uint8_t rx_head, rx_tail; /* head moved by the interrupt, tail by loop() */

static struct fsr fsr;
static struct fsr_sum sum_ring[SUM_RING];
static volatile uint8_t sum_head, sum_tail; /* count up freely; the place is the value modulo SUM_RING */

/* Written by the last things that ran before a restart, so no start-up code may clear them. */
static const uint16_t WATCHDOG_MARK = 0x5744;
static uint16_t watchdog_mark __attribute__((section(".noinit")));
static uint8_t boot_loader_r2 __attribute__((section(".noinit")));
static struct survivor survivor __attribute__((section(".noinit")));

static uint8_t reset_cause;

static const uint8_t PAINT = 0xC5;

/* I2C. The interrupt works on its own copy of the transfer, board_bus moves it in and out. */
static struct bus wire;
static volatile uint8_t wire_state; /* BUS_FREE, BUS_BUSY, BUS_DONE or BUS_FAILED */
static uint8_t wire_index;
static bool wire_reads;
static uint32_t wire_begin_us;
static const uint32_t WIRE_TIMEOUT_US = 2000;


static inline void compiler_barrier(void)
{
    /* A ring's data must be in memory before its index says so; the AVR itself never reorders. */
    __asm__ volatile("" ::: "memory");
}

/* Free-running conversions are 1664 cycles apart; this takes under 100 and the two below under 60, so no conversion is missed. */
ISR(ADC_vect)
{
    struct fsr_sum done;

    if (!fsr_add(&fsr, ADC, &done))
        return;
    if ((uint8_t)(sum_head - sum_tail) == SUM_RING)
        return; /* loop() is more than 13 ms late: this sum is lost, and the next number tells so */
    sum_ring[sum_head % SUM_RING] = done;
    compiler_barrier();
    sum_head = (uint8_t)(sum_head + 1);
}

ISR(USART_UDRE_vect)
{
    uint8_t tail = tx_tail;

    UDR0 = (uint8_t)tx_ring[tail];
    tail = (uint8_t)(tail + 1);
    tx_tail = tail;
    if (tail == tx_head)
        UCSR0B &= (uint8_t)~_BV(UDRIE0);
}

ISR(USART_RX_vect)
{
    uint8_t byte = UDR0;
    uint8_t next = (uint8_t)((rx_head + 1) % RX_RING_BYTES);

    /* A full ring loses the byte; the CRC of its line then fails and the host is told. */
    if (next == rx_tail)
        return;
    rx_ring[rx_head] = byte;
    rx_head = next;
}

extern "C" void setup();
extern "C" void loop();

/* Instead of the Arduino core's, which starts timers for millis() and analogWrite(): nothing here uses them, and idle, they still cost
 * time, current and flash. */
int main()
{
    sei();
    setup();
    for (;;)
        loop();
}

/* Optiboot, since version 4.6, clears MCUSR but passes what it held in r2. Caught before any start-up code can use that register. */
extern "C" void keep_r2(void) __attribute__((naked, used, section(".init0")));
void keep_r2(void)
{
    __asm__ volatile("sts %0, r2" : : "i"(&boot_loader_r2));
}

/* DS section 11.8: in interrupt mode a time-out resets nothing by itself. A plain watchdog reset would leave the watchdog running at its
 * shortest period, and boot loaders of older Nanos do not switch it off in time: they would be reset for ever. So the cause is noted,
 * everything that could interrupt is stopped, and the program starts again from its reset vector. */
ISR(WDT_vect)
{
    watchdog_mark = WATCHDOG_MARK;
    wdt_disable();
    PORTB &= (uint8_t)~(_BV(PIEZO_BIT) | _BV(MOTOR_BIT));
    UCSR0B = 0;
    ADCSRA = 0;
    TWCR = 0;
    TIMSK0 = TIMSK1 = TIMSK2 = 0;
    __asm__ volatile("jmp 0");
}

static uint8_t cause_of(uint8_t flags)
{
    /* Power-on sets others with it, so it is asked first; a watchdog or brown-out is news, a pressed button is not. */
    if (flags & _BV(PORF))
        return RESET_POWER;
    if (flags & _BV(WDRF))
        return RESET_WATCHDOG;
    if (flags & _BV(BORF))
        return RESET_BROWNOUT;
    if (flags & _BV(EXTRF))
        return RESET_EXTERNAL;
    return RESET_UNKNOWN;
}

void board_start(void)
{
    /* DS section 11.9.1: the flags add up until cleared. */
    uint8_t flags = MCUSR;

    MCUSR = 0;
    /* After a watchdog reset the watchdog stays on (DS section 11.8.2). */
    wdt_disable();
    if (flags == 0 && watchdog_mark == WATCHDOG_MARK)
        reset_cause = RESET_WATCHDOG;
    else if (flags == 0 && (boot_loader_r2 & 0xF0) == 0)
        reset_cause = cause_of(boot_loader_r2); /* MCUSR has four flags; anything else is what the register happened to hold */
    else
        reset_cause = cause_of(flags);
    watchdog_mark = 0;

    TCCR2A = _BV(WGM21); /* clear on compare match; the clock comes with the tone */
    TCCR2B = 0;
    TIMSK2 = 0;

    PORTB &= (uint8_t)~(_BV(PIEZO_BIT) | _BV(MOTOR_BIT));
    DDRB |= _BV(PIEZO_BIT) | _BV(MOTOR_BIT);
    PORTD &= (uint8_t)~(_BV(GREEN_BIT) | _BV(AMBER_BIT) | _BV(RED_BIT));
    DDRD |= _BV(GREEN_BIT) | _BV(AMBER_BIT) | _BV(RED_BIT);
    PORTD |= _BV(BUTTON_BIT); /* pull-up of the button */
    /* No pull-ups on A4 and A5: they would pull a 3.3 V sensor to 5 V. */
    DDRC &= (uint8_t)~(_BV(SDA_BIT) | _BV(SCL_BIT));
    PORTC &= (uint8_t)~(_BV(SDA_BIT) | _BV(SCL_BIT));

    fsr_start(&fsr);
    UCSR0B = 0;
    UCSR0A = _BV(U2X0);
    UBRR0 = UBRR_250000;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00); /* 8 data bits, no parity, 1 stop bit */
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
    set_sleep_mode(SLEEP_MODE_IDLE); /* the deepest one that keeps the serial port and the converter's clock as they are */
}

const char *board_name(void)
{
    /* Set by the Arduino IDE from the chosen board, and by the Makefile from BOARD. */
#if defined(ARDUINO_AVR_NANO)
    return FLASH_TEXT("nano");
#elif defined(ARDUINO_AVR_UNO)
    return FLASH_TEXT("uno");
#else
    return FLASH_TEXT("atmega328p");
#endif
}

uint8_t board_reset_cause(void)
{
    return reset_cause;
}

struct survivor *board_survivor(void)
{
    return &survivor;
}

extern "C" char __heap_start;
extern "C" char *__brkval;

static char *heap_end(void)
{
    return __brkval != nullptr ? __brkval : &__heap_start;
}

uint16_t board_free_ram(void)
{
    return (uint16_t)(SP - (uint16_t)(uintptr_t)heap_end());
}

uint16_t board_stack_free(void)
{
    const char *p = heap_end();

    while (p < (const char *)(uintptr_t)SP && (uint8_t)*p == PAINT)
        p++;
    return (uint16_t)(p - heap_end());
}

static void paint(void)
{
    /* Not the last bytes: they are this function's own. */
    char *end = (char *)(uintptr_t)(SP - 16);

    for (volatile char *p = heap_end(); p < end; p++)
        *p = (char)PAINT;
}

static uint32_t stir(uint32_t hash, uint8_t byte)
{
    /* FNV-1a: its two constants spread each byte over all 32 bits. */
    return (hash ^ byte) * 16777619UL;
}

uint32_t board_entropy(void)
{
    /* Three weak sources, stirred together. What unused RAM holds after power-on differs from chip to chip (nothing has written it
     * yet but a boot loader); the last bit of the on-chip temperature sensor is mostly noise; and the timer tells how long each
     * conversion took to notice. Good enough that two balls in one room are told apart; no secret may rest on it, and after a reset
     * without a power cut the RAM adds little. A simulator that starts with empty RAM always makes the same id. */
    uint32_t hash = 2166136261UL;
    const char *end = (const char *)(uintptr_t)SP;

    for (const volatile char *p = heap_end(); p < end; p++)
        hash = stir(hash, (uint8_t)*p);

    TCCR0B = _BV(CS00);
    ADMUX = _BV(REFS1) | _BV(REFS0) | _BV(MUX3); /* temperature sensor against 1.1 V (DS section 24.8) */
    ADCSRA = _BV(ADEN) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
    for (uint8_t i = 0; i < 64; i++) { /* 64 conversions of 104 us */
        ADCSRA |= _BV(ADSC);
        while (ADCSRA & _BV(ADSC)) {
        }
        hash = stir(hash, ADCL);
        hash = stir(hash, (uint8_t)(ADCH ^ TCNT0));
    }
    ADCSRA = 0;
    TCCR0B = 0;
    return hash;
}

void board_settings_read(uint8_t *to, uint8_t count)
{
    eeprom_read_block(to, nullptr, count);
}

bool board_settings_free(void)
{
    return eeprom_is_ready();
}

void board_settings_write(uint8_t address, uint8_t value)
{
    uint8_t *to = (uint8_t *)(uintptr_t)address;

    /* 3.3 ms, typically (DS section 8.6.3, EEPROM programming time), by itself; the processor stops for two cycles. */
    if (eeprom_read_byte(to) != value)
        eeprom_write_byte(to, value);
}

static void bus_start(void)
{
    TWSR = 0;  /* prescaler 1 */
    TWBR = 12; /* F_CPU / (16 + 2 TWBR) = 400 kHz (DS section 22.5.2) */
    TWCR = _BV(TWEN);
}

void board_sample_start(void)
{
    paint();
    bus_start();
    DIDR0 = _BV(FSR_BIT);  /* no digital buffer on A0: it leaks and draws current at mid-voltage (DS section 24.9.5) */
    ADMUX = _BV(REFS0) | FSR_BIT; /* AVCC as reference, right-adjusted: the divider hangs on the same supply */
    ADCSRB = 0;           /* auto trigger source: free running */
    /* Prescaler 128: 125 kHz, inside the 50-200 kHz that ten bits need (DS section 24.4). */
    ADCSRA = _BV(ADEN) | _BV(ADSC) | _BV(ADATE) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        /* Interrupt mode, 0.25 s (DS section 11.9.2); the two writes must be within four cycles. */
        wdt_reset();
        WDTCSR = _BV(WDCE) | _BV(WDE);
        WDTCSR = _BV(WDIE) | _BV(WDP2);
    }
}

uint32_t board_now_us(void)
{
    uint32_t taken;
    uint8_t count;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        taken = fsr.taken;
        count = fsr.count;
    }
    /* Both products wrap as device time does, as 32 and 2^32 are powers of two. */
    return taken * FSR_SAMPLE_US + (uint32_t)(count * FSR_CONVERSION_US);
}

/* DS table 22-2 and 22-3 for the states. About 3 us a byte; a byte on the wire takes 22. */
ISR(TWI_vect)
{
    uint8_t next = _BV(TWINT) | _BV(TWEN) | _BV(TWIE);
    bool done = false;

    switch (TWSR & 0xF8) {
    case 0x08: /* START is out */
    case 0x10: /* repeated START is out */
        TWDR = (uint8_t)((wire.address << 1) | (wire_reads ? 1 : 0));
        break;
    case 0x18: /* address for writing was acknowledged */
    case 0x28: /* a byte was acknowledged */
        if (wire_index < wire.write_count) {
            TWDR = wire.data[wire_index++];
        } else if (wire.read_count > 0) {
            wire_reads = true;
            wire_index = 0;
            next |= _BV(TWSTA);
        } else {
            done = true;
        }
        break;
    case 0x50: /* a byte came and was acknowledged */
        wire.data[wire_index++] = TWDR;
        /* fall through */
    case 0x40: /* address for reading was acknowledged */
        if (wire_index + 1 < wire.read_count)
            next |= _BV(TWEA); /* all but the last byte */
        break;
    case 0x58: /* the last byte came */
        wire.data[wire_index] = TWDR;
        done = true;
        break;
    default: /* not acknowledged, arbitration lost, or an illegal condition on the wires */
        wire_state = BUS_FAILED;
        TWCR = _BV(TWINT) | _BV(TWEN) | _BV(TWSTO);
        return;
    }
    if (done) {
        wire_state = BUS_DONE;
        next = _BV(TWINT) | _BV(TWEN) | _BV(TWSTO);
    }
    TWCR = next;
}

/* A slave that was interrupted in the middle of a byte may hold SDA low until it has been clocked through (NXP UM10204, 3.1.16). */
static void free_the_bus(void)
{
    TWCR = 0;
    for (uint8_t i = 0; i < 9; i++) {
        DDRC |= _BV(SCL_BIT); /* SCL low; the pins are never driven high */
        _delay_us(5);
        DDRC &= (uint8_t)~_BV(SCL_BIT);
        _delay_us(5);
    }
    /* STOP: SDA rises while SCL is high. */
    DDRC |= _BV(SCL_BIT);
    DDRC |= _BV(SDA_BIT);
    _delay_us(5);
    DDRC &= (uint8_t)~_BV(SCL_BIT);
    _delay_us(5);
    DDRC &= (uint8_t)~_BV(SDA_BIT);
    bus_start();
}

void board_bus(struct bus *bus)
{
    if (bus->state == BUS_ASKED) {
        /* The STOP of the last transfer may still be on its way. */
        if ((TWCR & _BV(TWSTO)) != 0 && board_now_us() - wire_begin_us < WIRE_TIMEOUT_US)
            return;
        wire = *bus;
        wire_index = 0;
        wire_reads = wire.write_count == 0;
        wire_state = BUS_BUSY;
        wire_begin_us = board_now_us();
        bus->state = BUS_BUSY;
        compiler_barrier();
        TWCR = _BV(TWINT) | _BV(TWEN) | _BV(TWIE) | _BV(TWSTA);
        return;
    }
    if (bus->state != BUS_BUSY)
        return;
    if (wire_state == BUS_BUSY) {
        if (board_now_us() - wire_begin_us < WIRE_TIMEOUT_US)
            return;
        free_the_bus();
        wire_state = BUS_FAILED;
    }
    compiler_barrier();
    for (uint8_t i = 0; i < BUS_BYTES; i++)
        bus->data[i] = wire.data[i];
    bus->state = wire_state;
    wire_state = BUS_FREE;
}

bool board_button(void)
{
    return (PIND & _BV(BUTTON_BIT)) == 0;
}

ISR(TIMER2_COMPA_vect)
{
    PORTB ^= _BV(PIEZO_BIT);
}

static void set_tone(uint16_t hz)
{
    if (hz == 0) {
        TIMSK2 = 0;
        TCCR2B = 0;
        PORTB &= (uint8_t)~_BV(PIEZO_BIT);
        return;
    }
    OCR2A = (uint8_t)(F_CPU / 256 / 2 / hz - 1); /* two matches a period; 150 Hz gives 207, 1000 Hz 30 */
    TCNT2 = 0;
    TIMSK2 = _BV(OCIE2A);
    TCCR2B = _BV(CS22) | _BV(CS21); /* 62500 Hz (DS table 18-9) */
}

void board_outputs(const struct outputs *outputs)
{
    static uint16_t tone_hz;
    uint8_t lights = 0;

    if (outputs->lights & LIGHT_GREEN)
        lights |= _BV(GREEN_BIT);
    if (outputs->lights & LIGHT_AMBER)
        lights |= _BV(AMBER_BIT);
    if (outputs->lights & LIGHT_RED)
        lights |= _BV(RED_BIT);
    /* No interrupt changes port D. */
    PORTD = (uint8_t)((PORTD & ~(_BV(GREEN_BIT) | _BV(AMBER_BIT) | _BV(RED_BIT))) | lights);
    /* Single-bit instructions, which the piezo's interrupt cannot come between. */
    if (outputs->motor)
        PORTB |= _BV(MOTOR_BIT);
    else
        PORTB &= (uint8_t)~_BV(MOTOR_BIT);
    if (outputs->tone_hz != tone_hz) {
        tone_hz = outputs->tone_hz;
        set_tone(tone_hz);
    }
}

bool board_sum(struct fsr_sum *sum)
{
    uint8_t tail = sum_tail;

    if (tail == sum_head)
        return false;
    compiler_barrier();
    *sum = sum_ring[tail % SUM_RING];
    compiler_barrier();
    sum_tail = (uint8_t)(tail + 1);
    return true;
}

bool board_receive(uint8_t *byte)
{
    uint8_t tail = rx_tail;

    if (tail == rx_head)
        return false;
    *byte = rx_ring[tail];
    rx_tail = (uint8_t)((tail + 1) % RX_RING_BYTES);
    return true;
}

uint8_t board_transmit_room(void)
{
    return (uint8_t)(TX_RING_BYTES - 1 - (uint8_t)(tx_head - tx_tail));
}

void board_transmit(const char *bytes, uint8_t count)
{
    uint8_t head = tx_head;

    if (count == 0)
        return;
    for (uint8_t i = 0; i < count; i++) {
        tx_ring[head] = bytes[i];
        head = (uint8_t)(head + 1);
    }
    compiler_barrier();
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        /* Together: the interrupt clears UDRIE0 when it finds the ring empty, and UCSR0B takes three instructions to change. */
        tx_head = head;
        UCSR0B |= _BV(UDRIE0);
    }
}

void board_rest(void)
{
    wdt_reset();
    cli();
    if (sum_head == sum_tail && rx_head == rx_tail && wire_state <= BUS_BUSY) {
        sleep_enable();
        /* The instruction after SEI runs before any pending interrupt (DS section 7.7), so none can slip in ahead of the sleep. */
        sei();
        sleep_cpu();
        sleep_disable();
    } else {
        sei();
    }
}

#endif

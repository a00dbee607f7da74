/* board.h on an ATmega328P at 16 MHz: Arduino Uno and Nano.
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

#include "board.h"
#include "flash.h"

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

static uint8_t reset_flags;

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

void board_start(void)
{
    /* DS section 11.9.1: the flags add up until cleared. Many boot loaders read and clear them first, which leaves "unknown"; newer
     * Optiboot passes the old value in r2, which this version does not read. */
    reset_flags = MCUSR;
    MCUSR = 0;
    /* After a watchdog reset the watchdog stays on (DS section 11.8.2). */
    wdt_disable();
    /* The Arduino core has started these for analogWrite(). Nothing here uses them, and idle, they still draw current; the simulator
     * also runs twice as fast without. */
    TCCR1B = 0;
    TCCR2B = 0;

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

const char *board_reset_cause(void)
{
    /* Power-on sets others with it, so it is asked first; a watchdog or brown-out is news, a pressed button is not. */
    if (reset_flags & _BV(PORF))
        return FLASH_TEXT("power");
    if (reset_flags & _BV(WDRF))
        return FLASH_TEXT("watchdog");
    if (reset_flags & _BV(BORF))
        return FLASH_TEXT("brownout");
    if (reset_flags & _BV(EXTRF))
        return FLASH_TEXT("external");
    return FLASH_TEXT("unknown");
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
    return hash;
}

void board_settings_read(uint8_t *to, uint8_t count)
{
    eeprom_read_block(to, nullptr, count);
}

void board_settings_write(uint8_t address, uint8_t value)
{
    /* 3.3 ms, typically (DS section 8.6.3, EEPROM programming time). */
    eeprom_write_byte((uint8_t *)(uintptr_t)address, value);
    eeprom_busy_wait();
}

void board_sample_start(void)
{
    DIDR0 = _BV(ADC0D);   /* no digital buffer on A0: it leaks and draws current at mid-voltage (DS section 24.9.5) */
    ADMUX = _BV(REFS0);   /* AVCC as reference, channel A0, right-adjusted: the divider hangs on the same supply */
    ADCSRB = 0;           /* auto trigger source: free running */
    /* Prescaler 128: 125 kHz, inside the 50-200 kHz that ten bits need (DS section 24.4). */
    ADCSRA = _BV(ADEN) | _BV(ADSC) | _BV(ADATE) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
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
    cli();
    if (sum_head == sum_tail && rx_head == rx_tail) {
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

#include "ms5837.h"

#include <stddef.h>

#include "clock.h"
#include "flash.h"

#define ADDRESS 0x76u
/* D37, commands. */
#define COMMAND_RESET 0x1Eu
#define COMMAND_PROM 0xA0u
#define COMMAND_D1_OSR2048 0x46u
#define COMMAND_D2_OSR256 0x50u
#define COMMAND_ADC 0x00u

#define RESET_US 10000u   /* D37 asks for 2.8 ms; other drivers wait 10 */
#define D1_US 4576u       /* D37: 4.54 ms at most for OSR 2048; the next multiple of the board's 104 us */
#define D2_US 624u        /* D37: 0.60 ms at most for OSR 256 */
/* A sample is stamped this long after its period began: the conversion and the command that starts it. */
#define STAMP_US 4680u
/* A conversion that starts later than this would push the temperature out of its period: then the periods begin anew. */
#define LATE_US 1000u
#define FAILURES_MAX 3u

/* D37 and D02 (MS5837-02BA rev A8): bits 11...5 of word 0. The oldest 30BA is said to have 0 there like the 02BA; those two are told
 * apart by C1, which BlueRobotics found by experiment to lie between these for the 30BA. */
#define PRODUCT_30BA 0x1Au
#define PRODUCT_OLD 0x00u
#define OLD_30BA_C1_MIN 26000u
#define OLD_30BA_C1_MAX 37000u

enum { RESET, PROM, FIRST_D2_CONVERT, FIRST_D2_READ, D1_CONVERT, D1_READ, D2_CONVERT, D2_READ };

/* In the order of the steps. The PROM's words are read one after the other. */
static const struct bus_order orders[] FLASH = {
    {1, 0, COMMAND_RESET, 0},
    {1, 2, COMMAND_PROM, 0},
    {1, 0, COMMAND_D2_OSR256, 0},
    {1, 3, COMMAND_ADC, 0},
    {1, 0, COMMAND_D1_OSR2048, 0},
    {1, 3, COMMAND_ADC, 0},
    {1, 0, COMMAND_D2_OSR256, 0},
    {1, 3, COMMAND_ADC, 0},
};

uint8_t ms5837_crc(const uint16_t prom[MS5837_PROM_WORDS])
{
    uint16_t rest = 0;

    for (uint8_t i = 0; i < 16; i++) {
        /* An eighth word of 0, and word 0 without the CRC itself. */
        uint16_t word = i / 2 < MS5837_PROM_WORDS ? prom[i / 2] : 0;
        if (i / 2 == 0)
            word &= 0x0FFFu;
        rest ^= (i % 2 == 0) ? (uint16_t)(word >> 8) : (uint16_t)(word & 0xFFu);
        for (uint8_t bit = 0; bit < 8; bit++) {
            bool carry = (rest & 0x8000u) != 0;
            rest = (uint16_t)(rest << 1);
            if (carry)
                rest ^= 0x3000u;
        }
    }
    return (uint8_t)(rest >> 12);
}

/* *to += a * b / 2^shift, rounded down. Right shifts of negative numbers round down with every compiler for these boards, and the
 * tests prove it. */
static void add_product(int64_t *to, int32_t a, int32_t b, uint8_t shift)
{
    *to += ((int64_t)a * b) >> shift;
}

bool ms5837_temperature(const uint16_t prom[MS5837_PROM_WORDS], uint32_t d2, struct ms5837_terms *terms, struct ms5837_terms *first)
{
    int32_t dt = (int32_t)d2 - (int32_t)((uint32_t)prom[5] << 8);
    int32_t from_20, offset, q;
    int32_t sensitivity = 0;
    int64_t celsius_100 = 0;

    add_product(&celsius_100, dt, prom[6], 23);
    from_20 = (int32_t)celsius_100;
    terms->offset = (uint32_t)prom[2] << 16;
    add_product(&terms->offset, dt, prom[4], 7);
    terms->sensitivity = (uint32_t)prom[1] << 15;
    add_product(&terms->sensitivity, dt, prom[3], 8);
    terms->celsius_100 = 2000 + from_20;
    if (first != NULL)
        *first = *terms;
    if (from_20 < -6000 || from_20 > 8000)
        return false;

    q = from_20 * from_20;
    celsius_100 = 0;
    if (from_20 < 0) {
        offset = (3 * q) >> 1;
        sensitivity = (5 * q) >> 3;
        if (from_20 < -3500) {
            int32_t w = (from_20 + 3500) * (from_20 + 3500);
            offset += 7 * w;
            sensitivity += 4 * w;
        }
        add_product(&celsius_100, 3 * dt, dt, 33);
    } else {
        offset = q >> 4;
        add_product(&celsius_100, 2 * dt, dt, 37);
    }
    terms->celsius_100 -= (int32_t)celsius_100;
    add_product(&terms->offset, offset, -1, 0);
    add_product(&terms->sensitivity, sensitivity, -1, 0);
    return true;
}

int32_t ms5837_decapascals(const struct ms5837_terms *terms, uint32_t d1)
{
    return (int32_t)(((((int64_t)d1 * terms->sensitivity) >> 21) - terms->offset) >> 13);
}

static void start(void *state, uint32_t now_us)
{
    struct ms5837 *ms = state;

    ms->step = RESET;
    ms->word = 0;
    ms->failures = 0;
    ms->zeros = 0;
    ms->missed = 0;
    ms->since_d2 = 0;
    ms->d2_is_new = true;
    ms->due_us = now_us;
}

/* The checks of an identity that has no register of its own. */
static bool is_30ba(const uint16_t *prom, uint8_t *fault)
{
    uint8_t product = (uint8_t)((prom[0] >> 5) & 0x7Fu);

    *fault = SENSOR_FAULT_PROM;
    if (ms5837_crc(prom) != prom[0] >> 12)
        return false;
    /* All zero has a good CRC, but no sensitivity. */
    if (prom[1] == 0 || prom[5] == 0 || prom[6] == 0)
        return false;
    *fault = SENSOR_FAULT_ID;
    return product == PRODUCT_30BA || (product == PRODUCT_OLD && prom[1] >= OLD_30BA_C1_MIN && prom[1] <= OLD_30BA_C1_MAX);
}

static void next_period(struct ms5837 *ms, uint32_t now_us)
{
    ms->step = D1_CONVERT;
    ms->begin_us += MS5837_PERIOD_US;
    /* Late by a whole period: those samples were never taken, and the numbers must say so. */
    while (is_due(now_us, ms->begin_us + MS5837_PERIOD_US)) {
        ms->begin_us += MS5837_PERIOD_US;
        if (ms->missed < 254)
            ms->missed++;
    }
    ms->due_us = ms->begin_us;
}

static void fill(struct ms5837 *ms, uint32_t d1, struct sample *sample)
{
    sample->number = 1u + ms->missed;
    sample->t_us = ms->begin_us + STAMP_US;
    sample->raw = d1;
    sample->flags = 0;
    sample->level = 0;
    if (d1 == 0) {
        /* D37: there was no finished conversion. */
        sample->flags = SAMPLE_FAULT;
    } else {
        sample->level = 10 * ms5837_decapascals(&ms->terms, d1);
        if (sample->level >= MS5837_PASCALS_SATURATED || d1 == MS5837_ADC_MAX)
            sample->flags = SAMPLE_SATURATED;
    }
    sample->has_extra = ms->d2_is_new;
    sample->extra = (int32_t)ms->d2;
    ms->d2_is_new = false;
    ms->missed = 0;
}

static bool take_d2(struct ms5837 *ms, uint32_t d2)
{
    struct ms5837_terms terms;

    if (d2 == 0 || !ms5837_temperature(ms->prom, d2, &terms, NULL))
        return false;
    ms->terms = terms;
    ms->d2 = d2;
    ms->d2_is_new = true;
    return true;
}

static enum sensor_result took(struct ms5837 *ms, const uint8_t *data, struct sensor_turn *turn)
{
    uint32_t now_us = turn->now_us;
    uint32_t adc = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];

    switch (ms->step) {
    case RESET:
        ms->step = PROM;
        ms->due_us = now_us + RESET_US;
        break;
    case PROM:
        ms->prom[ms->word++] = (uint16_t)((uint16_t)(data[0] << 8) | data[1]);
        if (ms->word < MS5837_PROM_WORDS)
            break;
        if (!is_30ba(ms->prom, &turn->fault))
            return SENSOR_REFUSED;
        ms->step = FIRST_D2_CONVERT;
        break;
    case FIRST_D2_CONVERT:
        ms->step = FIRST_D2_READ;
        ms->due_us = now_us + D2_US;
        break;
    case FIRST_D2_READ:
        if (!take_d2(ms, adc)) {
            turn->fault = SENSOR_FAULT_STUCK;
            return SENSOR_REFUSED;
        }
        ms->step = D1_CONVERT;
        ms->begin_us = now_us;
        ms->due_us = now_us;
        return SENSOR_READY;
    case D1_CONVERT:
        /* Counted from now, when it has begun for sure: a late start must not lead to an early read, which would spoil it. */
        ms->due_us = now_us + D1_US;
        if (now_us - ms->begin_us > LATE_US)
            ms->begin_us = now_us;
        ms->step = D1_READ;
        break;
    case D1_READ:
        ms->zeros = adc == 0 ? (uint8_t)(ms->zeros + 1u) : 0;
        if (ms->zeros == FAILURES_MAX) {
            turn->fault = SENSOR_FAULT_STUCK;
            return SENSOR_GONE;
        }
        fill(ms, adc, turn->sample);
        if (++ms->since_d2 >= MS5837_D2_EVERY) {
            ms->since_d2 = 0;
            ms->step = D2_CONVERT;
        } else {
            next_period(ms, now_us);
        }
        return SENSOR_SAMPLE;
    case D2_CONVERT:
        ms->step = D2_READ;
        ms->due_us = now_us + D2_US;
        break;
    default: /* D2_READ */
        take_d2(ms, adc); /* a spoilt temperature costs nothing but its age */
        next_period(ms, now_us);
        break;
    }
    return SENSOR_WAIT;
}

static enum sensor_result step(void *state, struct sensor_turn *turn)
{
    struct ms5837 *ms = state;
    struct bus *bus = turn->bus;
    enum sensor_result result = SENSOR_WAIT;

    switch (bus_take(bus, &ms->failures)) {
    case BUS_FAILED:
        if (ms->failures >= FAILURES_MAX)
            return ms->step >= D1_CONVERT ? SENSOR_GONE : SENSOR_ABSENT;
        break;
    case BUS_DONE:
        result = took(ms, bus->data, turn);
        break;
    case BUS_FREE:
        break;
    default:
        return SENSOR_WAIT;
    }
    if (result != SENSOR_WAIT)
        return result;
    turn->wake_us = ms->due_us;
    if (is_due(turn->now_us, ms->due_us))
        bus_ask(bus, ADDRESS, &orders[ms->step], ms->step == PROM ? (uint8_t)(2u * ms->word) : 0);
    return SENSOR_WAIT;
}

static const char pairs[] FLASH = "unit=d1|bits=24|raw_min=1|raw_max=16777215|oversample=2048|extra=d2";

static void own_pair(const void *state, struct line *line)
{
    const struct ms5837 *ms = state;

    line_text(line, ',', FLASH_TEXT("prom="));
    for (uint8_t i = 0; i < MS5837_PROM_WORDS; i++)
        line_hex(line, '\0', ms->prom[i]);
}

const struct sensor_driver ms5837_driver FLASH = {start, step, pairs, own_pair, MS5837_PERIOD_US, MS5837_RATE_MHZ};

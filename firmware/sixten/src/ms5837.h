/* TE MS5837-30BA: absolute pressure, 0-3000 kPa, 160 samples a second.
 *
 * "D37" = TE datasheet MS5837-30BA rev C2 (12/2019).
 *
 * One period of 6240 us: convert pressure (OSR 2048, at most 4.54 ms), read it; in every sixteenth period convert the
 * temperature (OSR 256, at most 0.60 ms) in what is left. So samples stay evenly spaced, and the loop never waits for a conversion.
 */
#ifndef SIXTEN_MS5837_H
#define SIXTEN_MS5837_H

#include <stdbool.h>
#include <stdint.h>

#include "driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MS5837_PROM_WORDS 7
#define MS5837_PERIOD_US 6240u
#define MS5837_RATE_MHZ 160256u
#define MS5837_D2_EVERY 16u
/* 98 % of 3000 kPa. */
#define MS5837_PASCALS_SATURATED 2940000
#define MS5837_ADC_MAX 0xFFFFFFu

/* What the temperature makes of the constants; the same until the next temperature. */
struct ms5837_terms {
    int64_t offset;      /* OFF of D37, second order included */
    int64_t sensitivity; /* SENS of D37, second order included */
    int32_t celsius_100; /* TEMP of D37, second order included */
};

struct ms5837 {
    uint16_t prom[MS5837_PROM_WORDS];
    struct ms5837_terms terms;
    uint32_t d2;
    uint32_t begin_us; /* of the present period */
    uint32_t due_us;   /* the next transfer is not before this */
    uint8_t step;
    uint8_t word; /* of the PROM, being read */
    uint8_t failures;
    uint8_t zeros; /* results of 0 in a row: conversions that were spoilt */
    uint8_t since_d2;
    uint8_t missed; /* periods that were left out because the loop came late */
    bool d2_is_new;
};

extern const struct sensor_driver ms5837_driver; /* in flash */

/* CRC-4 of D37 over seven words; the result is 0...15, to be compared with bits 15...12 of word 0. */
uint8_t ms5837_crc(const uint16_t prom[MS5837_PROM_WORDS]);

/* D37's two tables, "first order" and "second order", every division rounded down: toward zero would be off by one below 20 C.
 * first: without the second order; NULL if not wanted. False, with no second order, outside -40...100 C: no such sensor works there. */
bool ms5837_temperature(const uint16_t prom[MS5837_PROM_WORDS], uint32_t d2, struct ms5837_terms *terms, struct ms5837_terms *first);

/* Pressure in D37's unit, 10 Pa. */
int32_t ms5837_decapascals(const struct ms5837_terms *terms, uint32_t d1);

#ifdef __cplusplus
}
#endif

#endif

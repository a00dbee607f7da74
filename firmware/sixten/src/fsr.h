/* The force-sensing resistor: ten-bit conversions in, samples out.
 *
 * Time is counted in conversions, not read from a clock: a free-running converter is the steadiest clock on the board, so
 * consecutive samples are exactly FSR_SAMPLE_US apart.
 */
#ifndef SIXTEN_FSR_H
#define SIXTEN_FSR_H

#include <stdbool.h>
#include <stdint.h>

#include "driver.h"
#include "sample.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FSR_OVERSAMPLE 32u
/* 13 ADC clocks of 8 us: 16 MHz / 128 (datasheet DS40002061, section 24.4, prescaling and conversion timing). */
#define FSR_CONVERSION_US 104u
#define FSR_SAMPLE_US (FSR_OVERSAMPLE * FSR_CONVERSION_US)
/* 10^9 / FSR_SAMPLE_US, rounded. */
#define FSR_RATE_MHZ 300481u
#define FSR_COUNTS_MAX 1023u
#define FSR_RAW_MIN 0u
#define FSR_RAW_MAX (FSR_OVERSAMPLE * FSR_COUNTS_MAX)
#define FSR_RAW_BITS 15u
/* The 470 kilohm across an unloaded sensor hold the input near 21 counts; a broken wire leaves less than 5. */
#define FSR_OPEN_RAW (FSR_OVERSAMPLE * 5u)
#define FSR_DIVIDER_OHM 10000u

/* What the interrupt adds to. */
struct fsr {
    uint32_t taken; /* sums completed since the start */
    uint16_t sum;
    uint8_t count;
    bool clipped;
};

/* What the interrupt hands over. */
struct fsr_sum {
    uint32_t number; /* sums completed before this one */
    uint16_t sum;
    bool clipped; /* one conversion at least was at full scale */
};

void fsr_start(struct fsr *fsr);

/* Adds one conversion of 0...FSR_COUNTS_MAX. True when it completed a sum, which is then in *done. Runs inside the interrupt. */
bool fsr_add(struct fsr *fsr, uint16_t counts, struct fsr_sum *done);

void fsr_sample(const struct fsr_sum *sum, struct sample *sample);

/* As a sensor. It is there if its input is not open: no other proof can be had of a resistor. */
struct fsr_input {
    uint32_t latest; /* number of the latest sum */
    bool running;
};

extern const struct sensor_driver fsr_driver; /* in flash */

#ifdef __cplusplus
}
#endif

#endif

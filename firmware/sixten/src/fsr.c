#include "fsr.h"

#include <stddef.h>

#include "flash.h"

void fsr_start(struct fsr *fsr)
{
    fsr->taken = 0;
    fsr->sum = 0;
    fsr->count = 0;
    fsr->clipped = false;
}

bool fsr_add(struct fsr *fsr, uint16_t counts, struct fsr_sum *done)
{
    fsr->sum = (uint16_t)(fsr->sum + counts);
    if (counts >= FSR_COUNTS_MAX)
        fsr->clipped = true;
    fsr->count++;
    if (fsr->count < FSR_OVERSAMPLE)
        return false;

    done->number = fsr->taken;
    done->sum = fsr->sum;
    done->clipped = fsr->clipped;
    fsr->taken++;
    fsr->sum = 0;
    fsr->count = 0;
    fsr->clipped = false;
    return true;
}

void fsr_sample(const struct fsr_sum *sum, struct sample *sample)
{
    sample->number = sum->number;
    sample->t_us = (sum->number + 1u) * FSR_SAMPLE_US;
    sample->raw = sum->sum;
    sample->level = sum->sum;
    sample->flags = 0;
    sample->has_extra = false;
    /* One clipped conversion already makes the sum too small, and too small is the dangerous side. */
    if (sum->clipped)
        sample->flags |= SAMPLE_SATURATED;
    if (sum->sum < FSR_OPEN_RAW)
        sample->flags |= SAMPLE_FAULT;
}

static void start(void *state, uint32_t now_us)
{
    struct fsr_input *input = state;
    (void)now_us;
    input->running = false;
}

static enum sensor_result step(void *state, struct sensor_turn *turn)
{
    struct fsr_input *input = state;

    if (turn->sum == NULL)
        return SENSOR_WAIT;
    if (!input->running) {
        if (turn->sum->sum < FSR_OPEN_RAW)
            return SENSOR_ABSENT;
        input->running = true;
        input->latest = turn->sum->number;
        return SENSOR_READY;
    }
    fsr_sample(turn->sum, turn->sample);
    turn->sample->number = turn->sum->number - input->latest;
    input->latest = turn->sum->number;
    return SENSOR_SAMPLE;
}

/* As in fsr.h; the tests compare. */
static const char pairs[] FLASH = "unit=adcsum|bits=15|raw_min=0|raw_max=32736|oversample=32|divider_ohm=10000|open_raw=160";

const struct sensor_driver fsr_driver FLASH = {start, step, pairs, NULL, FSR_SAMPLE_US, FSR_RATE_MHZ};

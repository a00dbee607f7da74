#include "fsr.h"

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
    sample->flags = 0;
    /* One clipped conversion already makes the sum too small, and too small is the dangerous side. */
    if (sum->clipped)
        sample->flags |= SAMPLE_SATURATED;
    if (sum->sum < FSR_OPEN_RAW)
        sample->flags |= SAMPLE_FAULT;
}

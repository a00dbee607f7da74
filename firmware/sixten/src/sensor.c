#include "sensor.h"

#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "flash.h"

/* A barometer needs up to 20 ms after power-on (betaflight's wait for the LPS22DF; no datasheet tells). */
#define POWER_UP_US 25000u
/* Between the first and the second look at all addresses: a slow one gets another chance before A0 is believed. */
#define SECOND_LOOK_US 35000u
/* After a loss, and each time again up to the second: quick for a plug that was knocked, quiet for one that is out. */
#define RETRY_FIRST_US 50000u
#define RETRY_LAST_US 1600000u
/* Samples in a row that make an FSR lost or found: 0.1 s, so that a bouncing plug is one event. */
#define RUN_SAMPLES 30u
/* Pace of the samples that say "no sensor". */
#define NONE_PERIOD_US 10000u

enum { PHASE_PAUSE, PHASE_START, PHASE_TRY, PHASE_RUN };

/* In the order of enum sensor_kind. */
static const struct sensor_driver *const drivers[] FLASH = {
    NULL,
    &fsr_driver,
    &lps28dfw_driver,
    &ms5837_driver,
};

/* What is on the bus can prove itself, so it is asked first; a voltage on A0 can not. */
static const uint8_t candidates[] FLASH = {SENSOR_LPS28DFW, SENSOR_MS5837, SENSOR_FSR};
#define CANDIDATES (sizeof candidates / sizeof candidates[0])

typedef void (*start_function)(void *, uint32_t);
typedef enum sensor_result (*step_function)(void *, struct sensor_turn *);
typedef void (*own_pair_function)(const void *, struct line *);

static const struct sensor_driver *driver_of(uint8_t kind)
{
    return flash_pointer(const struct sensor_driver *, &drivers[kind]);
}

static uint8_t trying(const struct sensor *sensor)
{
    return sensor->kind != SENSOR_NONE ? sensor->kind : (uint8_t)flash_char(&candidates[sensor->candidate]);
}

static uint32_t period_us(uint8_t kind)
{
    return kind == SENSOR_NONE ? NONE_PERIOD_US : flash_u32(&driver_of(kind)->period_us);
}

void sensor_start(struct sensor *sensor, uint32_t now_us)
{
    memset(sensor, 0, sizeof *sensor);
    sensor->phase = PHASE_PAUSE;
    sensor->due_us = now_us + POWER_UP_US;
    sensor->retry_us = RETRY_FIRST_US;
    sensor->number = 0xFFFFFFFFu; /* the first sample is number 0 */
    sensor->sample_us = now_us;
}

static void pause(struct sensor *sensor, uint32_t now_us, uint32_t for_us)
{
    sensor->phase = PHASE_PAUSE;
    sensor->due_us = now_us + for_us;
}

static void back_off(struct sensor *sensor, uint32_t now_us)
{
    pause(sensor, now_us, sensor->retry_us);
    if (sensor->retry_us < RETRY_LAST_US)
        sensor->retry_us *= 2;
}

/* A candidate did not come up. Returns SENSOR_CHOSEN if that was the last hope and has not been told yet. */
static uint8_t next_candidate(struct sensor *sensor, uint32_t now_us)
{
    bool all_tried;

    sensor->candidate++;
    memset(&sensor->state, 0, sizeof sensor->state);
    /* A0 counts only after two looks at the bus, and not at all if something there answers but is no good: then the pod has a
     * barometer, and A0 an open wire that may read anything. */
    all_tried = sensor->candidate == CANDIDATES ||
                (sensor->candidate == CANDIDATES - 1 && (sensor->passes == 0 || sensor->fault != SENSOR_FAULT_NONE));
    if (!all_tried) {
        sensor->phase = PHASE_START;
        return 0;
    }
    sensor->candidate = 0;
    if (sensor->passes == 0) {
        sensor->passes = 1;
        pause(sensor, now_us, SECOND_LOOK_US);
        return 0;
    }
    back_off(sensor, now_us);
    if (sensor->settled)
        return 0;
    sensor->settled = true;
    return SENSOR_CHOSEN;
}

static uint8_t came_up(struct sensor *sensor, uint32_t now_us)
{
    uint8_t told = sensor->lost && sensor->kind != SENSOR_FSR ? SENSOR_FOUND : 0;

    if (sensor->kind == SENSOR_NONE) {
        told = SENSOR_CHOSEN;
        if (sensor->settled)
            told |= SENSOR_FOUND;
        sensor->kind = trying(sensor);
    }
    sensor->settled = true;
    sensor->lost = false;
    sensor->run = 0;
    sensor->fault = SENSOR_FAULT_NONE;
    sensor->retry_us = RETRY_FIRST_US;
    sensor->sample_us = now_us;
    sensor->phase = PHASE_RUN;
    return told;
}

/* An FSR cannot vanish from a bus: its samples tell by their flag. */
static uint8_t watch_flag(struct sensor *sensor, uint8_t flags)
{
    if (sensor->kind != SENSOR_FSR)
        return 0;
    if (((flags & SAMPLE_FAULT) != 0) == sensor->lost) {
        sensor->run = 0;
        return 0;
    }
    if (++sensor->run < RUN_SAMPLES)
        return 0;
    sensor->run = 0;
    sensor->lost = !sensor->lost;
    return sensor->lost ? SENSOR_LOST : SENSOR_FOUND;
}

static uint8_t fault_sample(struct sensor *sensor, struct sensor_turn *turn)
{
    uint32_t period = period_us(sensor->kind);

    if (!sensor->settled || sensor->phase == PHASE_RUN || !is_due(turn->now_us, sensor->sample_us + period))
        return 0;
    sensor->sample_us = turn->now_us;
    sensor->number++;
    memset(turn->sample, 0, sizeof *turn->sample);
    turn->sample->number = sensor->number;
    turn->sample->t_us = turn->now_us;
    turn->sample->flags = SAMPLE_FAULT;
    return SENSOR_HAS_SAMPLE;
}

static uint8_t run_driver(struct sensor *sensor, struct sensor_turn *turn)
{
    step_function step = flash_pointer(step_function, &driver_of(trying(sensor))->step);

    switch (step(&sensor->state, turn)) {
    case SENSOR_READY:
        return came_up(sensor, turn->now_us);
    case SENSOR_SAMPLE:
        sensor->number += turn->sample->number;
        turn->sample->number = sensor->number;
        sensor->sample_us = turn->sample->t_us;
        return SENSOR_HAS_SAMPLE | watch_flag(sensor, turn->sample->flags);
    case SENSOR_REFUSED:
        sensor->fault = turn->fault;
        /* fall through */
    case SENSOR_ABSENT:
        if (sensor->kind == SENSOR_NONE)
            return next_candidate(sensor, turn->now_us);
        back_off(sensor, turn->now_us);
        return 0;
    case SENSOR_GONE:
        sensor->fault = turn->fault;
        sensor->lost = true;
        pause(sensor, turn->now_us, sensor->retry_us);
        return SENSOR_LOST;
    default:
        return 0;
    }
}

uint8_t sensor_step(struct sensor *sensor, struct sensor_turn *turn)
{
    uint8_t told = 0;

    turn->fault = SENSOR_FAULT_NONE;
    turn->wake_us = turn->now_us + NONE_PERIOD_US; /* a sum comes before */
    if (sensor->phase == PHASE_PAUSE && is_due(turn->now_us, sensor->due_us)) {
        if (sensor->kind == SENSOR_NONE && sensor->candidate == 0)
            sensor->fault = SENSOR_FAULT_NONE; /* a new round of all candidates */
        sensor->phase = PHASE_START;
    }
    if (sensor->phase == PHASE_START && turn->bus->state != BUS_ASKED && turn->bus->state != BUS_BUSY) {
        start_function start = flash_pointer(start_function, &driver_of(trying(sensor))->start);
        turn->bus->state = BUS_FREE;
        start(&sensor->state, turn->now_us);
        sensor->phase = PHASE_TRY;
    }
    if (sensor->phase == PHASE_TRY || sensor->phase == PHASE_RUN)
        told = run_driver(sensor, turn);
    if (told != 0)
        turn->wake_us = turn->now_us; /* the step ended there; there may be more to do */
    return (uint8_t)(told | ((told & SENSOR_HAS_SAMPLE) ? 0 : fault_sample(sensor, turn)));
}

const char sensor_names[] FLASH = "none|fsr|lps28dfw|ms5837";
const char sensor_fault_names[] FLASH = "none|wrong_id|prom_crc|no_wide_range|stuck";

bool sensor_info(const struct sensor *sensor, uint8_t index, struct line *line)
{
    const struct sensor_driver *driver;
    own_pair_function own_pair;
    const char *pairs;
    uint8_t count = 1;

    if (sensor->kind == SENSOR_NONE)
        return false;
    driver = driver_of(sensor->kind);
    pairs = flash_pointer(const char *, &driver->pairs);
    if (line_choice(line, ',', pairs, index))
        return true;
    own_pair = flash_pointer(own_pair_function, &driver->own_pair);
    for (; flash_char(pairs) != '\0'; pairs++)
        if (flash_char(pairs) == '|')
            count++;
    if (own_pair == NULL || index != count)
        return false;
    own_pair(&sensor->state, line);
    return true;
}

uint32_t sensor_rate_mhz(uint8_t kind)
{
    return kind == SENSOR_NONE ? 0 : flash_u32(&driver_of(kind)->rate_mhz);
}

bool sensor_is_barometer(uint8_t kind)
{
    return kind == SENSOR_LPS28DFW || kind == SENSOR_MS5837;
}

/* Whatever measures the ball: chosen at boot by what answers, watched in use, tried again after a loss.
 *
 * A new sensor is one file that fills a struct sensor_driver (driver.h), one line in the table of sensor.c, and its name in the enum
 * and the union below.
 */
#ifndef SIXTEN_SENSOR_H
#define SIXTEN_SENSOR_H

#include "driver.h"
#include "fsr.h"
#include "lps28dfw.h"
#include "ms5837.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are stored in EEPROM: never change one, only add. */
enum sensor_kind { SENSOR_NONE = 0, SENSOR_FSR = 1, SENSOR_LPS28DFW = 2, SENSOR_MS5837 = 3, SENSOR_KINDS };

union sensor_state {
    struct fsr_input fsr;
    struct lps28dfw lps28dfw;
    struct ms5837 ms5837;
};

/* What sensor_step tells; a sum. */
enum {
    SENSOR_HAS_SAMPLE = 1,
    SENSOR_CHOSEN = 2, /* `kind` is settled for the first time, maybe as SENSOR_NONE, or something answered after all */
    SENSOR_LOST = 4,
    SENSOR_FOUND = 8
};

struct sensor {
    uint32_t due_us;    /* when to try again */
    uint32_t sample_us; /* time of the latest sample */
    uint32_t retry_us;  /* how long to wait after the next failure */
    uint32_t number;    /* of the latest sample */
    uint8_t kind;       /* enum sensor_kind; SENSOR_NONE until one answers */
    uint8_t candidate;  /* being tried */
    uint8_t phase;
    uint8_t passes;     /* over all candidates so far; stays at 2 */
    uint8_t fault;      /* enum sensor_fault: why the sensor, or nothing, is used */
    uint8_t run;        /* samples in a row that contradict `lost` */
    bool lost;
    bool settled; /* `kind` was told by SENSOR_CHOSEN */
    /* The large ones last: an AVR reaches the first 64 bytes of a structure with half the code. */
    union sensor_state state;
};

void sensor_start(struct sensor *sensor, uint32_t now_us);

/* Returns a sum of SENSOR_...; *turn->sample is filled if SENSOR_HAS_SAMPLE is in it. While nothing answers, samples with
 * SAMPLE_FAULT and raw 0 come at about the usual pace: a fault is told, not left to be guessed from silence. */
uint8_t sensor_step(struct sensor *sensor, struct sensor_turn *turn);

/* Flash texts: the kinds and the faults in the order of their enums, for line_choice. */
extern const char sensor_names[];
extern const char sensor_fault_names[];

/* Adds `,key=value` number `index` of the sensor that was chosen; false, and nothing added, if there is none. */
bool sensor_info(const struct sensor *sensor, uint8_t index, struct line *line);

/* Samples a second times 1000, nominal; 0 without a sensor. */
uint32_t sensor_rate_mhz(uint8_t kind);

/* True if the guard counts in pascals, false if in raw counts. */
bool sensor_is_barometer(uint8_t kind);

#ifdef __cplusplus
}
#endif

#endif

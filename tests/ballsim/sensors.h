/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The I2C sensors of the simulated board, each as its datasheet says; see sensors.c. Part of ballsim-core, under its licence.
 */
#ifndef BALLSIM_SENSORS_H
#define BALLSIM_SENSORS_H

#include <stdbool.h>
#include <stdint.h>

/* The air: absolute pascals and degrees Celsius at a time in seconds; any time, also an earlier one. */
typedef void air_function(void *parameter, double t_s, double *pascals, double *celsius);

struct sensor {
    int kind; /* 0 = none */
    bool powered;
    double power_on_s;
    air_function *air;
    void *air_parameter;
    double noise_pa; /* standard deviation of one result */
    uint64_t random;

    /* LPS28DFW and what resembles it */
    uint8_t registers[128];
    uint8_t pointer;
    double next_s;  /* end of the conversion under way; 0 = none */
    double reset_s; /* end of the reset under way */

    /* MS5837 */
    uint16_t prom[7];
    uint8_t command;
    uint32_t result; /* of the last conversion; 0 once read */
    double begin_s, end_s; /* of the conversion; end_s 0 = none */
    bool of_temperature;
    double loaded_s; /* PROM is there after a reset */
    bool was_reset;

    uint8_t reply[8];
    unsigned reply_at;
    unsigned written; /* bytes since START */
};

/* name: fsr (nothing on the bus), lps28dfw, ms5837; and some that must be refused: lps22df, lps22df-sticky, ms5837-badcrc, ms5837-02ba.
 * False if there is no such name. */
bool sensor_make(struct sensor *sensor, const char *name, air_function *air, void *parameter, double noise_pa);
void sensor_power(struct sensor *sensor, bool on, double t_s);

/* What a bus master does. True = acknowledged. */
bool sensor_selected(struct sensor *sensor, uint8_t address, bool reading, double t_s);
bool sensor_written(struct sensor *sensor, uint8_t byte, double t_s);
uint8_t sensor_read(struct sensor *sensor, double t_s);

#endif

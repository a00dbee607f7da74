/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * I2C sensors for ballsim-core, written from the datasheets and independently of the firmware: doubles where it has integers, so that
 * an error in its arithmetic cannot hide in a copy of it. Copyright (C) 2026 the sixten authors; licence as in ballsim.c.
 *
 *   LPS28DFW  ST DS13317 rev 1: register file, reset, rate and averaging, data-ready and overrun, both scales
 *   MS5837    TE MS5837-30BA rev C2: PROM with CRC-4, conversion times, the rules of a spoilt read, compensation turned round
 *
 * A sensor works out its state when it is addressed; nothing happens in between, so two runs are alike.
 */
#include "sensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NOTHING, LPS28DFW, LPS22DF, LPS22DF_STICKY, MS5837 };

enum { WHO_AM_I = 0x0F, CTRL_REG1 = 0x10, CTRL_REG2 = 0x11, CTRL_REG3 = 0x12, STATUS = 0x27, PRESS_OUT_XL = 0x28, TEMP_OUT_H = 0x2C };
enum { SWRESET = 0x04, BOOT = 0x80, FS_MODE = 0x40, P_DA = 0x01, T_DA = 0x02, P_OR = 0x10, T_OR = 0x20 };

#define LPS_ADDRESS 0x5C
#define LPS_POWER_ON_S 0.010 /* no source gives it */
#define LPS_RESET_S 50e-6
#define MS_ADDRESS 0x76
#define MS_RELOAD_S 0.0028
#define PIECES 8 /* of a conversion, whose result is the mean over it */

static double gauss(struct sensor *sensor)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        sensor->random ^= sensor->random << 13;
        sensor->random ^= sensor->random >> 7;
        sensor->random ^= sensor->random << 17;
        sum += (double)(sensor->random >> 11) / 9007199254740992.0;
    }
    return sum;
}

/* Mean over the conversion, with the sensor's noise. */
static void measure(struct sensor *sensor, double from_s, double to_s, double *pascals, double *celsius)
{
    double sum_p = 0, sum_c = 0;
    for (int i = 0; i < PIECES; i++) {
        double p, c;
        sensor->air(sensor->air_parameter, from_s + (to_s - from_s) * (i + 0.5) / PIECES, &p, &c);
        sum_p += p;
        sum_c += c;
    }
    *pascals = sum_p / PIECES + (sensor->noise_pa > 0 ? sensor->noise_pa * gauss(sensor) : 0);
    *celsius = sum_c / PIECES;
}

/* --- LPS28DFW --- */

static double lps_period_s(uint8_t control)
{
    static const double hz[16] = {0, 1, 4, 10, 25, 50, 75, 100, 200, 200, 200, 200, 200, 200, 200, 200};
    double rate = hz[control >> 3 & 15];
    return rate > 0 ? 1 / rate : 0;
}

/* DS13317 table 21. */
static bool lps_pair_is_legal(uint8_t control)
{
    static const int fastest[8] = {15, 15, 15, 15, 7, 6, -1, 4};
    return (control >> 3 & 15) <= fastest[control & 7];
}

static void lps_defaults(struct sensor *sensor)
{
    memset(sensor->registers, 0, sizeof sensor->registers);
    sensor->registers[WHO_AM_I] = 0xB4;
    sensor->registers[CTRL_REG3] = 0x01;
    sensor->registers[0x19] = 0x80;
    sensor->next_s = 0;
}

static void lps_put(uint8_t *to, long value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)((unsigned long)value >> (8 * i));
}

static void lps_convert(struct sensor *sensor, double end_s, double period_s)
{
    uint8_t *registers = sensor->registers;
    bool wide = sensor->kind == LPS28DFW && (registers[CTRL_REG2] & FS_MODE);
    double pascals, celsius, top = wide ? 409600 : 126000;

    measure(sensor, end_s - period_s, end_s, &pascals, &celsius);
    if (pascals > top)
        pascals = top;
    double counts = floor(pascals * (wide ? 20.48 : 40.96) + 0.5);
    if (counts > 8388607)
        counts = 8388607;
    lps_put(registers + PRESS_OUT_XL, (long)counts, 3);
    lps_put(registers + PRESS_OUT_XL + 3, (long)floor(celsius * 100 + 0.5), 2);
    if (registers[STATUS] & P_DA)
        registers[STATUS] |= P_OR;
    if (registers[STATUS] & T_DA)
        registers[STATUS] |= T_OR;
    registers[STATUS] |= P_DA | T_DA;
}

static void lps_catch_up(struct sensor *sensor, double t_s)
{
    double period_s = lps_period_s(sensor->registers[CTRL_REG1]);
    if (sensor->reset_s > 0 && t_s >= sensor->reset_s) {
        lps_defaults(sensor);
        sensor->reset_s = 0;
    }
    while (sensor->next_s > 0 && sensor->next_s <= t_s) {
        lps_convert(sensor, sensor->next_s, period_s);
        sensor->next_s += period_s;
    }
}

static bool lps_listed(uint8_t at)
{
    return (at >= 0x0B && at <= 0x17) || (at >= 0x19 && at <= 0x1B) || (at >= 0x24 && at <= 0x2C) || (at >= 0x78 && at <= 0x7A);
}

static void lps_write(struct sensor *sensor, uint8_t value, double t_s)
{
    uint8_t at = sensor->pointer;

    if (!lps_listed(at) || at == WHO_AM_I) {
        fprintf(stderr, "ballsim-core: write to register %02X, which damages the part\n", at);
        return;
    }
    if (at == CTRL_REG1) {
        if (!lps_pair_is_legal(value)) {
            fprintf(stderr, "ballsim-core: CTRL_REG1 = %02X is an illegal pair of rate and averaging; refused\n", value);
            return;
        }
        double period_s = lps_period_s(value);
        sensor->next_s = period_s > 0 ? t_s + period_s : 0;
    }
    if (at == CTRL_REG2) {
        if (value & (SWRESET | BOOT))
            sensor->reset_s = t_s + LPS_RESET_S;
        if (sensor->kind == LPS22DF)
            value &= (uint8_t)~FS_MODE;
    }
    sensor->registers[at] = value;
}

static uint8_t lps_read(struct sensor *sensor)
{
    uint8_t at = sensor->pointer;
    uint8_t value = sensor->registers[at];

    if (!lps_listed(at))
        fprintf(stderr, "ballsim-core: read of register %02X, which is reserved\n", at);
    if (at == PRESS_OUT_XL + 2)
        sensor->registers[STATUS] &= (uint8_t)~(P_DA | P_OR);
    if (at == TEMP_OUT_H)
        sensor->registers[STATUS] &= (uint8_t)~(T_DA | T_OR);
    if (sensor->registers[CTRL_REG3] & 1)
        sensor->pointer = (at + 1) & 127;
    return value;
}

/* --- MS5837 --- */

static unsigned ms_crc(const uint16_t *prom)
{
    /* Polynomial division of the 128 bits, most significant first, by x^4 + x + 1 in the top bits; the datasheet's loop, bit by bit. */
    unsigned rest = 0;
    for (int byte = 0; byte < 16; byte++) {
        uint16_t word = byte / 2 < 7 ? prom[byte / 2] : 0;
        if (byte / 2 == 0)
            word &= 0x0FFF;
        rest ^= byte % 2 ? word & 255u : word >> 8;
        for (int bit = 0; bit < 8; bit++)
            rest = (rest << 1 ^ (rest & 0x8000 ? 0x3000u : 0)) & 0xFFFF;
    }
    return rest >> 12;
}

/* The datasheet's formulas without its rounding. */
static double ms_celsius(const uint16_t *c, double d2, double *off, double *sens)
{
    double dt = d2 - c[5] * 256.0;
    double temp = 2000 + dt * c[6] / 8388608.0;
    double q = (temp - 2000) * (temp - 2000), ti = 2 * dt * dt / 137438953472.0, offi = q / 16, sensi = 0;

    if (temp < 2000) {
        ti = 3 * dt * dt / 8589934592.0;
        offi = 3 * q / 2;
        sensi = 5 * q / 8;
        if (temp < -1500) {
            double w = (temp + 1500) * (temp + 1500);
            offi += 7 * w;
            sensi += 4 * w;
        }
    }
    *off = c[2] * 65536.0 + c[4] * dt / 128 - offi;
    *sens = c[1] * 32768.0 + c[3] * dt / 256 - sensi;
    return (temp - ti) / 100;
}

static double ms_d2_at(const uint16_t *c, double celsius, double *off, double *sens)
{
    double low = 1, high = 16777215;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (ms_celsius(c, middle, off, sens) < celsius)
            low = middle;
        else
            high = middle;
    }
    double d2 = floor(low + 0.5);
    ms_celsius(c, d2, off, sens);
    return d2;
}

static const double ms_time_s[6] = {0.60e-3, 1.17e-3, 2.28e-3, 4.54e-3, 9.04e-3, 18.08e-3};

static void ms_finish(struct sensor *sensor, double t_s)
{
    double pascals, celsius, off, sens, value;

    if (sensor->end_s == 0 || t_s < sensor->end_s)
        return;
    measure(sensor, sensor->begin_s, sensor->end_s, &pascals, &celsius);
    value = ms_d2_at(sensor->prom, celsius, &off, &sens);
    if (!sensor->of_temperature)
        value = floor((pascals / 10 * 8192 + off) * 2097152 / sens + 0.5);
    sensor->result = value < 1 ? 1 : value > 16777215 ? 16777215 : (uint32_t)value;
    sensor->end_s = 0;
}

static void ms_command(struct sensor *sensor, uint8_t command, double t_s)
{
    ms_finish(sensor, t_s);
    sensor->command = command;
    memset(sensor->reply, 0, sizeof sensor->reply);
    sensor->reply_at = 0;
    if (command == 0x1E) {
        sensor->was_reset = true;
        sensor->loaded_s = t_s + MS_RELOAD_S;
        sensor->end_s = 0;
    } else if (command >= 0xA0 && command <= 0xAC && command % 2 == 0 && sensor->was_reset && t_s >= sensor->loaded_s) {
        uint16_t word = sensor->prom[(command - 0xA0) / 2];
        sensor->reply[0] = (uint8_t)(word >> 8);
        sensor->reply[1] = (uint8_t)word;
    } else if ((command & 0xE1) == 0x40 && (command & 0x0E) <= 0x0A) {
        bool spoilt = sensor->end_s > 0; /* a convert during a conversion */
        sensor->result = 0;
        sensor->of_temperature = (command & 0x10) != 0;
        sensor->begin_s = t_s;
        sensor->end_s = spoilt ? 0 : t_s + ms_time_s[(command & 0x0E) / 2];
    } else if (command == 0x00) {
        /* Before its end: 0, and the conversion is spoilt. A second time: 0. */
        sensor->end_s = 0;
        sensor->reply[0] = (uint8_t)(sensor->result >> 16);
        sensor->reply[1] = (uint8_t)(sensor->result >> 8);
        sensor->reply[2] = (uint8_t)sensor->result;
        sensor->result = 0;
    }
}

/* --- all --- */

void sensor_power(struct sensor *sensor, bool on, double t_s)
{
    sensor->powered = on;
    sensor->power_on_s = t_s;
    sensor->reset_s = 0;
    sensor->end_s = 0;
    sensor->result = 0;
    sensor->was_reset = false;
    lps_defaults(sensor);
}

bool sensor_make(struct sensor *sensor, const char *name, air_function *air, void *parameter, double noise_pa)
{
    static const struct {
        const char *name;
        int kind;
    } kinds[] = {{"fsr", NOTHING},        {"lps28dfw", LPS28DFW},       {"lps22df", LPS22DF}, {"lps22df-sticky", LPS22DF_STICKY},
                 {"ms5837", MS5837}, {"ms5837-badcrc", MS5837}, {"ms5837-02ba", MS5837}};
    /* The constants of the two datasheets' examples; product 1A and 15. */
    static const uint16_t c30[7] = {0x1A << 5, 34982, 36352, 20328, 22354, 26646, 26146};
    static const uint16_t c02[7] = {0x15 << 5, 46372, 43981, 29059, 27842, 31553, 28165};
    size_t i = 0;

    while (i < sizeof kinds / sizeof kinds[0] && strcmp(kinds[i].name, name) != 0)
        i++;
    if (i == sizeof kinds / sizeof kinds[0])
        return false;
    memset(sensor, 0, sizeof *sensor);
    sensor->kind = kinds[i].kind;
    sensor->air = air;
    sensor->air_parameter = parameter;
    sensor->noise_pa = noise_pa;
    sensor->random = 88172645463325252ull;
    memcpy(sensor->prom, strcmp(name, "ms5837-02ba") == 0 ? c02 : c30, sizeof sensor->prom);
    sensor->prom[0] |= (uint16_t)(ms_crc(sensor->prom) << 12);
    if (strcmp(name, "ms5837-badcrc") == 0)
        sensor->prom[3] ^= 0x0010;
    sensor_power(sensor, true, 0);
    return true;
}

bool sensor_selected(struct sensor *sensor, uint8_t address, bool reading, double t_s)
{
    if (sensor->kind == NOTHING || !sensor->powered)
        return false;
    if (sensor->kind == MS5837) {
        if (address != MS_ADDRESS)
            return false;
        if (!reading)
            sensor->written = 0;
        return true;
    }
    if (address != LPS_ADDRESS || t_s < sensor->power_on_s + LPS_POWER_ON_S)
        return false;
    lps_catch_up(sensor, t_s);
    sensor->written = 0;
    return true;
}

bool sensor_written(struct sensor *sensor, uint8_t byte, double t_s)
{
    if (sensor->kind == MS5837) {
        ms_command(sensor, byte, t_s);
        return true;
    }
    if (sensor->written++ == 0) {
        sensor->pointer = byte & 127;
    } else {
        lps_write(sensor, byte, t_s);
        if (sensor->registers[CTRL_REG3] & 1)
            sensor->pointer = (sensor->pointer + 1) & 127;
    }
    return true;
}

uint8_t sensor_read(struct sensor *sensor, double t_s)
{
    (void)t_s;
    if (sensor->kind == MS5837)
        return sensor->reply_at < sizeof sensor->reply ? sensor->reply[sensor->reply_at++] : 0;
    return lps_read(sensor);
}

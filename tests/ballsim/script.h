/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is played into the simulated board: the table of voltage and air, and rows of `t_s,what`. Part of ballsim-core, under its licence.
 */
#ifndef BALLSIM_SCRIPT_H
#define BALLSIM_SCRIPT_H

#include <stddef.h>

struct row {
    double t_s, a0_mv, pressure_pa, temp_c;
};

struct table {
    struct row *rows;
    size_t count;
    size_t at; /* the row at or before the time asked for last */
};

struct order {
    double t_s;
    char *line; /* with CRC and line feed */
};

struct orders {
    struct order *list;
    size_t count;
    size_t next;
};

/* Says what is wrong and ends with exit code 2. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

void table_read(struct table *table, const char *path);

/* An air_function of sensors.h; parameter is the table. */
void table_air(void *parameter, double t_s, double *pascals, double *celsius);

struct row table_at(struct table *table, double t_s);

/* header: "t_s,line" adds what is missing of CRC and line feed; "t_s,event" the line feed alone. */
void orders_read(struct orders *orders, const char *path, const char *header);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See script.h.
 */
#include "script.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 256 /* of a row; the protocol allows 56 */

void die(const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "ballsim-core: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

static void *grow(void *old, size_t bytes)
{
    void *bigger = realloc(old, bytes);
    if (bigger == NULL)
        die("out of memory");
    return bigger;
}

void table_read(struct table *table, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE_BYTES];
    unsigned number = 0;

    if (file == NULL)
        die("%s: %s", path, strerror(errno));
    memset(table, 0, sizeof *table);
    while (fgets(line, sizeof line, file) != NULL) {
        struct row row;
        number++;
        if (number == 1) {
            line[strcspn(line, "\r\n")] = '\0';
            if (strcmp(line, "t_s,a0_mv,pressure_pa,temp_c") != 0)
                die("%s:1: the header must be t_s,a0_mv,pressure_pa,temp_c", path);
            continue;
        }
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        if (sscanf(line, "%lf,%lf,%lf,%lf", &row.t_s, &row.a0_mv, &row.pressure_pa, &row.temp_c) != 4 ||
            !isfinite(row.t_s) || !isfinite(row.a0_mv) || !isfinite(row.pressure_pa) || !isfinite(row.temp_c))
            die("%s:%u: not four numbers", path, number);
        if (table->count > 0 && row.t_s < table->rows[table->count - 1].t_s)
            die("%s:%u: time runs backwards", path, number);
        table->rows = grow(table->rows, (table->count + 1) * sizeof row);
        table->rows[table->count++] = row;
    }
    fclose(file);
    if (table->count == 0)
        die("%s: no rows", path);
}

struct row table_at(struct table *table, double t_s)
{
    const struct row *rows = table->rows;

    /* Of rows with equal time the last one counts from that time on: that is what makes two of them a step. */
    while (table->at + 1 < table->count && rows[table->at + 1].t_s <= t_s)
        table->at++;
    while (table->at > 0 && rows[table->at].t_s > t_s)
        table->at--;
    const struct row *here = &rows[table->at];
    if (t_s <= here->t_s || table->at + 1 == table->count)
        return *here;
    const struct row *next = here + 1;
    double share = (t_s - here->t_s) / (next->t_s - here->t_s);
    return (struct row){t_s, here->a0_mv + (next->a0_mv - here->a0_mv) * share,
                        here->pressure_pa + (next->pressure_pa - here->pressure_pa) * share,
                        here->temp_c + (next->temp_c - here->temp_c) * share};
}

void table_air(void *parameter, double t_s, double *pascals, double *celsius)
{
    struct row row = table_at(parameter, t_s);
    *pascals = row.pressure_pa;
    *celsius = row.temp_c;
}

static uint16_t crc_ccitt_false(const char *bytes, size_t count)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < count; i++) {
        crc ^= (unsigned)(uint8_t)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    }
    return (uint16_t)crc;
}

void orders_read(struct orders *orders, const char *path, const char *header)
{
    FILE *file = fopen(path, "r");
    char text[LINE_BYTES];
    unsigned number = 0;

    if (file == NULL)
        die("%s: %s", path, strerror(errno));
    while (fgets(text, sizeof text, file) != NULL) {
        struct order order;
        char *end, *line;
        size_t length;
        number++;
        text[strcspn(text, "\r\n")] = '\0';
        if (text[0] == '\0' || (number == 1 && strcmp(text, header) == 0))
            continue;
        order.t_s = strtod(text, &end);
        if (end == text || *end != ',' || !isfinite(order.t_s))
            die("%s:%u: not %s", path, number, header);
        if (orders->count > 0 && order.t_s < orders->list[orders->count - 1].t_s)
            die("%s:%u: time runs backwards", path, number);
        line = end + 1;
        length = strlen(line);
        order.line = grow(NULL, length + sizeof "*HHHH\n");
        if ((length >= 5 && line[length - 5] == '*') || strcmp(header, "t_s,event") == 0)
            sprintf(order.line, "%s\n", line);
        else
            sprintf(order.line, "%s*%04X\n", line, crc_ccitt_false(line, length));
        orders->list = grow(orders->list, (orders->count + 1) * sizeof order);
        orders->list[orders->count++] = order;
    }
    fclose(file);
}

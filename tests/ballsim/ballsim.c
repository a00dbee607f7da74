/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ballsim-core: runs the firmware's .hex on a simulated ATmega328P (simavr) whose analog input follows a table.
 *
 * Copyright (C) 2026 the sixten authors. This program is free software: you can redistribute it and/or modify it under the terms of
 * the GNU General Public License as published by the Free Software Foundation, either version 3 of the License, or (at your option)
 * any later version. It comes WITHOUT ANY WARRANTY; see <https://www.gnu.org/licenses/>.
 *
 * It has this licence, unlike the rest of the project, because it links simavr, which has it. It is a test tool: nothing that is
 * installed links it.
 *
 *   ballsim-core --hex FILE --table FILE [--sensor NAME] [--fast] [--seconds S] [--tx-log FILE] [--send FILE] [--eeprom FILE]
 *                [--events FILE] [--pin-log FILE] [--noise PASCALS] [--idle-log FILE]
 *
 * Without --fast it opens a pseudo-terminal, prints its path as the first line, and keeps pace with the wall clock. Opening the port
 * restarts the board, as DTR does. With --fast there is no terminal and no clock: S seconds run as fast as they can, and two runs
 * give the same log byte for byte, because everything that happens to the board is a timer on its own cycle counter.
 *
 * Table time 0 is when the firmware starts for the first time. The transmit log is in the same time: one line a byte,
 * `microseconds value`, where microseconds is the moment the byte's stop bit ends.
 *
 * The pin log has one line a change: `microseconds pin value`, pin being D5...D9. Events are rows of `t_s,event`: sensor_off, sensor_on,
 * button_down, button_up, rx_noise (a line of junk to the board), hang (the program stops, interrupts go on). The idle log is one
 * number, the share of the cycles that the processor slept.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

#define SLICE_CYCLES (CPU_HZ / 1000u)      /* paced mode looks at the terminal once a millisecond */
#define BOOT_LOADER_CYCLES CPU_HZ          /* Optiboot waits about this long for an upload before it starts the firmware */
#define LATE_NS 200000000                  /* further behind than this, paced mode gives up the lost time */

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static void run_fast(struct board *board, double seconds)
{
    board_reset(board, MCUSR_PORF);
    board->start_cycle = board->avr->cycle;
    board_start(board);
    for (avr_cycle_count_t left = (avr_cycle_count_t)(seconds * CPU_HZ); left > 0 && !stop_asked;) {
        avr_cycle_count_t slice = left < SLICE_CYCLES ? left : SLICE_CYCLES;
        left -= slice;
        board_run_until(board, board->start_cycle + (avr_cycle_count_t)(seconds * CPU_HZ) - left);
    }
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wait_until_ns(int64_t ns)
{
    struct timespec until = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

struct terminal {
    int master;
    int watch; /* inotify on the other end */
    int readers;
};

static void terminal_open(struct terminal *terminal)
{
    int slave;
    struct termios raw;
    char path[128];

    if (openpty(&terminal->master, &slave, path, NULL, NULL) != 0)
        die("openpty: %s", strerror(errno));
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    close(slave);
    fcntl(terminal->master, F_SETFL, O_NONBLOCK);
    terminal->readers = 0;
    terminal->watch = inotify_init1(IN_NONBLOCK);
    if (terminal->watch < 0 || inotify_add_watch(terminal->watch, path, IN_OPEN | IN_CLOSE) < 0)
        die("inotify: %s", strerror(errno));
    puts(path);
    fflush(stdout);
}

/* True if the port was opened since the last call by somebody who had it for himself: that is when a driver raises DTR. The events
 * are kept by the kernel, so closing and opening again between two calls is not missed, as it would be by asking for POLLHUP. */
static bool terminal_was_opened(struct terminal *terminal)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool opened = false;
    ssize_t count;

    while ((count = read(terminal->watch, events, sizeof events)) > 0)
        for (char *at = events; at < events + count; at += sizeof(struct inotify_event) + ((struct inotify_event *)at)->len) {
            if (((struct inotify_event *)at)->mask & IN_OPEN)
                opened = terminal->readers++ == 0 || opened;
            else if (((struct inotify_event *)at)->mask & IN_CLOSE)
                terminal->readers--;
        }
    return opened;
}

static void run_paced(struct board *board, double seconds)
{
    enum { NEVER_OPENED, BOOT_LOADER, FIRMWARE } phase = NEVER_OPENED;
    struct terminal terminal;
    bool started = false;
    avr_t *avr = board->avr;
    avr_cycle_count_t next = 0, firmware_at = 0;
    int64_t anchor_ns = 0;
    avr_cycle_count_t anchor_cycle = 0;

    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0); /* the default 50 us would be late at each slice */
    terminal_open(&terminal);
    while (!stop_asked) {
        char bytes[256];
        ssize_t count;

        if (phase == NEVER_OPENED) {
            struct pollfd first_opening = {.fd = terminal.watch, .events = POLLIN};
            poll(&first_opening, 1, 500); /* not for ever: a signal may come just before */
        }
        if (terminal_was_opened(&terminal)) {
            /* DTR. What came before it is lost: the reader must not find old samples. */
            tcflush(terminal.master, TCIOFLUSH);
            board_reset(board, MCUSR_EXTRF);
            if (phase == NEVER_OPENED) {
                anchor_ns = now_ns();
                anchor_cycle = next = avr->cycle;
            }
            phase = BOOT_LOADER;
            firmware_at = next + BOOT_LOADER_CYCLES;
        }
        if (phase == NEVER_OPENED)
            continue;

        next += SLICE_CYCLES;
        count = terminal.readers > 0 ? read(terminal.master, bytes, sizeof bytes) : 0;
        if (phase == BOOT_LOADER && next > firmware_at) {
            avr->cycle = firmware_at;
            if (!started)
                board->start_cycle = firmware_at;
            started = true;
            phase = FIRMWARE;
            board_start(board);
        }
        if (phase == FIRMWARE) {
            if (count > 0)
                send_to_board(board, bytes, (size_t)count);
            board_run_until(board, next);
        }
        /* In one piece, as USB brings them. A full terminal, which is one that nobody reads, loses them, as a serial port does. */
        if (terminal.readers > 0 && board->to_host_count > 0 &&
            write(terminal.master, board->to_host, board->to_host_count) < 0 && errno != EAGAIN && errno != EIO)
            die("terminal: %s", strerror(errno));
        board->to_host_count = 0;
        if (started && seconds > 0 && table_time_s(board, next) >= seconds)
            break;

        int64_t due_ns = anchor_ns + (int64_t)((next - anchor_cycle) * 1000 / CYCLES_PER_US);
        int64_t late_ns = now_ns() - due_ns;
        if (late_ns > LATE_NS) {
            anchor_ns += late_ns;
            due_ns += late_ns;
        }
        wait_until_ns(due_ns);
    }
    close(terminal.watch);
    close(terminal.master);
}

static double read_seconds(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0) || value > 1e6)
        die("--seconds needs a number above 0, not %s", text);
    return value;
}

int main(int count, char **arguments)
{
    static const struct option options[] = {
        {"hex", required_argument, NULL, 'h'},     {"table", required_argument, NULL, 't'}, {"fast", no_argument, NULL, 'f'},
        {"seconds", required_argument, NULL, 's'}, {"tx-log", required_argument, NULL, 'l'}, {"send", required_argument, NULL, 'c'},
        {"eeprom", required_argument, NULL, 'e'},  {"sensor", required_argument, NULL, 'S'},
        {"events", required_argument, NULL, 'E'},  {"pin-log", required_argument, NULL, 'p'}, {"noise", required_argument, NULL, 'n'},
        {"idle-log", required_argument, NULL, 'i'}, {NULL, 0, NULL, 0}};
    static struct board board; /* static: the ring is large, and all starts at zero */
    const char *hex = NULL, *table = NULL, *log = NULL, *send = NULL, *eeprom = NULL;
    const char *sensor = "fsr", *events = NULL, *pins = NULL, *idle = NULL;
    double seconds = 0, noise_pa = 0;
    bool fast = false;
    int option;

    while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
        switch (option) {
        case 'h': hex = optarg; break;
        case 't': table = optarg; break;
        case 'f': fast = true; break;
        case 's': seconds = read_seconds(optarg); break;
        case 'l': log = optarg; break;
        case 'c': send = optarg; break;
        case 'e': eeprom = optarg; break;
        case 'S': sensor = optarg; break;
        case 'E': events = optarg; break;
        case 'p': pins = optarg; break;
        case 'n': noise_pa = strtod(optarg, NULL); break;
        case 'i': idle = optarg; break;
        default: return 2;
        }
    }
    if (hex == NULL || table == NULL || optind != count || (fast && seconds <= 0))
        die("usage: ballsim-core --hex FILE --table FILE [--sensor NAME] [--fast] [--seconds S] [--tx-log FILE] [--send FILE]\n"
            "       [--eeprom FILE] [--events FILE] [--pin-log FILE] [--noise PASCALS] [--idle-log FILE]\n--fast needs --seconds");

    table_read(&board.table, table);
    if (send != NULL)
        orders_read(&board.orders, send, "t_s,line");
    if (events != NULL)
        orders_read(&board.events, events, "t_s,event");
    board.air = board.table;
    if (!sensor_make(&board.sensor, sensor, table_air, &board.air, noise_pa))
        die("no such sensor: %s", sensor);
    if (pins != NULL && (board.pin_log = fopen(pins, "w")) == NULL)
        die("%s: %s", pins, strerror(errno));
    if (log != NULL && (board.tx_log = fopen(log, "w")) == NULL)
        die("%s: %s", log, strerror(errno));
    board_build(&board, hex);
    eeprom_load(&board, eeprom);

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (fast)
        run_fast(&board, seconds);
    else
        run_paced(&board, seconds);

    if (eeprom != NULL)
        eeprom_save(&board, eeprom);
    if (idle != NULL) {
        FILE *file = fopen(idle, "w");
        if (file == NULL || fprintf(file, "%.4f\n", (double)board.slept_cycles / (double)(board.avr->cycle - board.start_cycle)) < 0 ||
            fclose(file) != 0)
            die("%s: %s", idle, strerror(errno));
    }
    if (board.pin_log != NULL && fclose(board.pin_log) != 0)
        die("%s: %s", pins, strerror(errno));
    if (board.tx_log != NULL && fclose(board.tx_log) != 0)
        die("%s: %s", log, strerror(errno));
    return 0;
}

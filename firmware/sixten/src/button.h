/* One button: press, double, stop.
 *
 * press   stamped when it went down; told once it can no longer become something else
 * double  two presses within 0.4 s, stamped at the first: "6 of 10 now"
 * stop    held for 0.5 s, or three presses within 1.5 s; told at once, stamped at the first
 */
#ifndef SIXTEN_BUTTON_H
#define SIXTEN_BUTTON_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum button_event { BUTTON_NOTHING, BUTTON_PRESS, BUTTON_DOUBLE, BUTTON_STOP };

struct button {
    uint32_t edge_us;    /* when the pin first differed from `down` */
    uint32_t down_us;    /* when it went down last */
    uint32_t first_us;   /* of the presses that may become a stop */
    uint32_t single_us;  /* of the press that is not told yet */
    uint8_t presses;     /* since first_us */
    bool down;           /* debounced */
    bool differs;
    bool single_waits;
    bool stopped;        /* this hold was told already */
};

/* Call it every few milliseconds. The event's time goes to *t_us. */
uint8_t button_update(struct button *button, bool pin_down, uint32_t now_us, uint32_t *t_us);

#ifdef __cplusplus
}
#endif

#endif

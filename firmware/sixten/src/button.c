#include "button.h"

#include "clock.h"

/* Tactile switches bounce for under 10 ms. */
#define DEBOUNCE_US 15000u
#define DOUBLE_US 400000u
#define HOLD_US 500000u
#define TRIPLE_US 1500000u

/* True when the debounced state has just changed. The press counts from its first edge, not from the end of the bouncing. */
static bool changed(struct button *button, bool pin_down, uint32_t now_us)
{
    if (pin_down == button->down) {
        button->differs = false;
        return false;
    }
    if (!button->differs) {
        button->differs = true;
        button->edge_us = now_us;
        return false;
    }
    if (!is_due(now_us, button->edge_us + DEBOUNCE_US))
        return false;
    button->down = pin_down;
    button->differs = false;
    return true;
}

static uint8_t went_down(struct button *button, uint32_t *t_us)
{
    button->down_us = button->edge_us;
    button->stopped = false;
    if (button->presses == 0 || is_due(button->down_us, button->first_us + TRIPLE_US)) {
        button->presses = 0;
        button->first_us = button->down_us;
    }
    button->presses++;
    if (button->presses == 3) {
        *t_us = button->first_us;
        button->presses = 0;
        button->single_waits = false;
        button->stopped = true;
        return BUTTON_STOP;
    }
    if (button->single_waits) {
        /* It waits for DOUBLE_US only, so this is within. */
        button->single_waits = false;
        *t_us = button->single_us;
        return BUTTON_DOUBLE;
    }
    button->single_waits = true;
    button->single_us = button->down_us;
    return BUTTON_NOTHING;
}

uint8_t button_update(struct button *button, bool pin_down, uint32_t now_us, uint32_t *t_us)
{
    if (changed(button, pin_down, now_us) && button->down)
        return went_down(button, t_us);
    if (button->down && !button->stopped && is_due(now_us, button->down_us + HOLD_US)) {
        button->stopped = true;
        button->single_waits = false;
        button->presses = 0;
        *t_us = button->down_us;
        return BUTTON_STOP;
    }
    /* Forgotten in time, so that the wrap of time cannot bring it back. */
    if (button->presses != 0 && is_due(now_us, button->first_us + TRIPLE_US))
        button->presses = 0;
    /* Not while it is down: it may still become a hold. Not while an edge is being debounced: that may be the second press. */
    if (button->single_waits && !button->down && !button->differs && is_due(now_us, button->single_us + DOUBLE_US)) {
        button->single_waits = false;
        *t_us = button->single_us;
        return BUTTON_PRESS;
    }
    return BUTTON_NOTHING;
}

/* What device.c leaves to be said and speech.c says. Nobody else needs it. */
#ifndef SIXTEN_SPEECH_H
#define SIXTEN_SPEECH_H

/* The lines of the greeting: H, the sensor's own pairs, ours, and the end of the list. */
enum {
    GREETING_HELLO,
    INFO_SENSOR,
    INFO_RATE,
    INFO_OWN,
    INFO_FAULT,
    INFO_NAME,
    INFO_GUARD_UNIT,
    INFO_GUARD_LIMIT,
    INFO_GUARD_RELEASE,
    INFO_GUARD_SOURCE,
    INFO_GUARD_DEVICE,
    INFO_GUARD_STATE,
    INFO_ZERO,
    INFO_KEPT,
    INFO_WINDOW,
    INFO_WINDOW_S,
    INFO_FREE_RAM,
    INFO_STACK_FREE,
    INFO_END,
    GREETING_END
};
#define INFO_FIRST INFO_SENSOR

enum { ANSWER_NONE, ANSWER_DONE, ANSWER_CRC, ANSWER_UNKNOWN, ANSWER_RANGE };
enum { WITH_NOTHING, WITH_GUARD, WITH_RATE, WITH_SENSOR };

enum {
    EVENT_GUARD_ON, /* and the next four in the order of GUARD_TOLD_... */
    EVENT_GUARD_OFF,
    EVENT_ZERO,
    EVENT_WINDOW_MIN,
    EVENT_WINDOW_MAX,
    EVENT_PRESS, /* and the next two in the order of enum button_event */
    EVENT_DOUBLE,
    EVENT_STOP,
    EVENT_SENSOR_LOST,
    EVENT_SENSOR_FOUND,
    EVENT_SENSOR_CHANGED,
    EVENT_SAVED,
    EVENT_WATCHDOG,
    EVENT_BROWNOUT
};

#endif

// sixten: a soft ball with a pressure sensor tells a computer how hard it is pressed. The protocol is in docs/protocol.md.
// All decisions are in src/device.c, all registers in src/board_avr.cpp; this file only moves what goes between them.

#include "src/board.h"
#include "src/bus.h"
#include "src/clock.h"
#include "src/device.h"
#include "src/line.h"
#include "src/sensor.h"
#include "src/store.h"

static struct device device;
static struct sensor sensor;
static struct bus bus;

void setup() {
  uint8_t image[STORE_BYTES];
  struct store store;

  board_start();
  board_settings_read(image, sizeof image);
  if (!store_load(&store, image)) {
    store_new(&store, board_entropy());
  }
  const struct device_identity identity = {board_name(), board_reset_cause()};
  sensor_start(&sensor, 0);
  device_start(&device, &identity, &store, &sensor, board_survivor());
  board_sample_start();
}

// Sensor, guard and outputs first; the line can wait.
static void measure(const struct fsr_sum *sum, uint32_t now_us, uint32_t *wake_us, char *text) {
  struct sample sample;
  struct sensor_turn turn = {now_us, sum, &bus, &sample, 0, now_us};

  const uint8_t told = sensor_step(&sensor, &turn);
  *wake_us = turn.wake_us;
  board_bus(&bus);
  device_sensor(&device, told, now_us);
  if (told & SENSOR_HAS_SAMPLE) {
    device_watch(&device, &sample);
  }
  if (sum != nullptr) {
    device_tick(&device, board_button(), now_us);
  }
  board_outputs(device_outputs(&device));
  if (told & SENSOR_HAS_SAMPLE) {
    board_transmit(text, device_sample(&device, &sample, board_transmit_room(), text));
  }
}

void loop() {
  static uint32_t wake_us;
  char text[LINE_BYTES];
  struct fsr_sum sum;
  uint8_t byte;

  const bool tick = board_sum(&sum);  // every 3.3 ms, whatever the sensor
  const uint32_t now_us = board_now_us();
  board_bus(&bus);
  // The board wakes every 104 us; most of the time there is nothing to do.
  if (tick || bus.state == BUS_DONE || bus.state == BUS_FAILED || (bus.state == BUS_FREE && is_due(now_us, wake_us))) {
    measure(tick ? &sum : nullptr, now_us, &wake_us, text);
  }
  while (device_listens(&device) && board_receive(&byte)) {
    device_receive(&device, byte);
  }
  if (device_has_words(&device)) {
    const struct device_memory memory = {board_free_ram(), device_wants_memory(&device) ? board_stack_free() : (uint16_t)0};
    board_transmit(text, device_speak(&device, board_transmit_room(), &memory, text));
  }
  if (tick && board_settings_free()) {
    struct store_write write;
    if (device_setting(&device, &write)) {
      board_settings_write(write.address, write.value);
    }
  }
  board_rest();
}

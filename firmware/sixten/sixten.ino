// sixten: a soft ball with a pressure sensor tells a computer how hard it is pressed. The protocol is in docs/protocol.md.
// All decisions are in src/device.c, all registers in src/board_avr.cpp; this file only moves what goes between them.

#include "src/board.h"
#include "src/device.h"
#include "src/line.h"
#include "src/store.h"

static struct device device;

void setup() {
  uint8_t image[STORE_BYTES];
  struct store_write writes[STORE_WRITES_MAX];
  struct store store;

  board_start();
  board_settings_read(image, sizeof image);
  if (!store_load(&store, image)) {
    store_new(&store, board_entropy());
  }
  store.boots++;
  const uint8_t count = store_save(&store, image, writes);
  for (uint8_t i = 0; i < count; i++) {
    board_settings_write(writes[i].address, writes[i].value);
  }

  const struct device_identity identity = {board_name(), board_reset_cause(), store.unique_id, store.boots};
  device_start(&device, &identity);
  board_sample_start();
}

void loop() {
  char text[LINE_BYTES];
  struct fsr_sum sum;
  struct sample sample;
  uint8_t byte;

  while (board_sum(&sum)) {
    fsr_sample(&sum, &sample);
    board_transmit(text, device_sample(&device, &sample, board_transmit_room(), text));
  }
  while (device_listens(&device) && board_receive(&byte)) {
    device_receive(&device, byte);
  }
  board_transmit(text, device_speak(&device, board_transmit_room(), board_free_ram(), text));
  board_rest();
}

/* Which pin does what on an Uno or Nano. hardware/circuit/circuit.toml says the same of the circuit, and a test compares.
 *
 * A name is the bit in its port's registers; the comment is what Arduino calls the pin.
 */
#ifndef SIXTEN_PINS_AVR_H
#define SIXTEN_PINS_AVR_H

#define FSR_BIT PORTC0    /* A0 */
#define SDA_BIT PORTC4    /* A4, through a level shifter: the sensors are 3.3 V parts */
#define SCL_BIT PORTC5    /* A5, the same */
#define BUTTON_BIT PORTD2 /* D2, to ground */
#define GREEN_BIT PORTD5  /* D5 */
#define AMBER_BIT PORTD6  /* D6 */
#define RED_BIT PORTD7    /* D7 */
#define PIEZO_BIT PORTB0  /* D8 */
#define MOTOR_BIT PORTB1  /* D9, through a transistor and a resistor that keeps a 3 V motor at about 3 V */

#endif

/* Constant text that stays in flash.
 *
 * An AVR copies every ordinary string into its 2 KB of RAM at start; PROGMEM leaves it in flash, to be read byte by byte. On a host
 * both are the same memory. Every `const char *` that these sources call "flash text" is made by FLASH_TEXT or FLASH.
 */
#ifndef SIXTEN_FLASH_H
#define SIXTEN_FLASH_H

#include <stdint.h>

#ifdef __AVR__
#include <avr/pgmspace.h>
#define FLASH PROGMEM
#define FLASH_TEXT(literal) PSTR(literal)
#define flash_char(address) ((char)pgm_read_byte(address))
#define flash_u32(address) ((uint32_t)pgm_read_dword(address))
#define flash_u16(address) ((uint16_t)pgm_read_word(address))
/* A pointer, of the given type, that lies in flash; to data or to a function, both have two bytes on an AVR. */
#define flash_pointer(type, address) ((type)pgm_read_word(address))
#else
#define FLASH
#define FLASH_TEXT(literal) (literal)
#define flash_char(address) (*(address))
#define flash_u32(address) (*(address))
#define flash_u16(address) (*(address))
#define flash_pointer(type, address) ((type)*(address))
#endif

#endif

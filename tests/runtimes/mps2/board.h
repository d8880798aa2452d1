/* The board: timer interrupt and painted stack. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Calls timer_handler as an interrupt every so many cycles; the period may be changed while it runs. */
void board_timer_start(uint32_t period_cycles);
void board_timer_period(uint32_t period_cycles);
void board_timer_stop(void);
void timer_handler(void);

/* Counts the timer's cycles down from 2^24 and round, without an interrupt. */
void board_cycles_start(void);
uint32_t board_cycles_left(void);

/* Most bytes of stack that were ever in use below a frame, which is one of the caller's callers or was. */
uint32_t board_stack_used_bytes(const void *frame);

#endif

/* The board: timer interrupt and painted stack. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Calls timer_handler as an interrupt every so many cycles; the period may be changed while it runs. */
void board_timer_start(uint32_t period_cycles);
void board_timer_period(uint32_t period_cycles);
void board_timer_stop(void);
void timer_handler(void);

/* Most bytes of stack that were in use since it was painted, from its top. */
uint32_t board_stack_used_bytes(void);

/* Paints what is not in use, so that the next measurement counts from here. */
void board_repaint_stack(void);

#endif

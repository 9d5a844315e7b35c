/* price_levels.h -- which prices of each book side hold orders, which is best, their neighbours.
 *
 * The caller owns the memory: one block of 32-bit words, for all sides of all markets.
 *
 *   [ header, 16 words ]
 *   [ best, 1 word per side ][ root, 1 word per side ]
 *   [ price ][ worse ][ better ]   1 word per level slot each; slots count from 1
 *   [ home: node, side ]           2 words per level slot
 *   [ nodes, 70 words each: bitmap, prefix, shift, parent, child 0 .. child 63 ]
 *
 * Even sides are bids (higher is better), odd sides asks. A side's levels form a list, from best
 * through worse to LEVELS_NONE. The caller reads best, price, worse and better as it likes; the
 * header says where they begin.
 *
 * The index over the levels is a compressed trie. Its key is the price, for bids with all bits
 * turned over, so that the lower key is the better price. A node divides its keys by the six bits
 * at `shift`; above these they agree with `prefix`. A child is 0 (none), a level (above 0) or a
 * node (minus its place in the block, in words). Nodes stand only where keys part: each has two
 * children at least, so nodes are fewer than levels, and no descent is longer than six nodes,
 * however many the levels and however their prices lie.
 *
 * The block holds no pointers, so copying its bytes copies the levels. Nothing here allocates,
 * keeps a pointer after returning, or calls back. One block belongs to one thread. */
#ifndef PRICE_LEVELS_H
#define PRICE_LEVELS_H

#include <stdint.h>

#define LEVELS_ABI 1u               /* Raised when anything below changes meaning. */
#define LEVELS_SIDE_MAX (1u << 24)  /* Sides of one block. */
#define LEVELS_LEVEL_MAX (1u << 24) /* Level slots of one block: its words stay below 2^31. */
#define LEVELS_NONE 0               /* "No such level." */

/* Words of the header that the caller may read. */
#define LEVELS_WORD_COUNT 3  /* Slots in use, over all sides. */
#define LEVELS_WORD_LEFT 4   /* First of the levels that left without a call, see below. */
#define LEVELS_WORD_BEST 5   /* Where best begins, in words from the start of the block. */
#define LEVELS_WORD_PRICE 6  /* The same for price, */
#define LEVELS_WORD_WORSE 7  /* worse, */
#define LEVELS_WORD_BETTER 8 /* better */
#define LEVELS_WORD_HOME 9   /* and home. */

/* Returned by every function that can refuse. A refusal changes nothing. */
#define LEVELS_OK 0
#define LEVELS_BAD_MEMORY (-1) /* Too small, misaligned, or never opened. */
#define LEVELS_BAD_LIMITS (-2) /* A count of 0, or above its maximum. */
#define LEVELS_BAD_SIDE (-3)   /* No such side. */
#define LEVELS_BAD_PRICE (-4)  /* Zero. */
#define LEVELS_BAD_LEVEL (-5)  /* No such slot, not in use, or of another side. */
#define LEVELS_BROKEN (-6)     /* levels_check only: the block contradicts itself. */

#if defined(__GNUC__)
#define LEVELS_PUBLIC __attribute__((visibility("default")))
#else
#define LEVELS_PUBLIC
#endif

LEVELS_PUBLIC uint32_t levels_abi(void);
LEVELS_PUBLIC uint32_t levels_build(void); /* First 32 bits of the hash of the sources. */
LEVELS_PUBLIC uint32_t levels_words(uint32_t side_count, uint32_t level_count); /* 0: bad limits. */

/* Takes any memory of `words` words that is aligned to 8 bytes, whatever it holds. */
LEVELS_PUBLIC int32_t levels_open(void *memory, uint32_t words, uint32_t side_count,
                                  uint32_t level_count);

/* The level at this price, made if missing; LEVELS_NONE when all slots are in use. */
LEVELS_PUBLIC int32_t levels_enter(void *memory, uint32_t side, uint32_t price);

/* The level at this price, or LEVELS_NONE. */
LEVELS_PUBLIC int32_t levels_find(const void *memory, uint32_t side, uint32_t price);

/* Removes a level. Its slot will be used again. */
LEVELS_PUBLIC int32_t levels_leave(void *memory, uint32_t side, uint32_t level);

/* A caller that sees the arrays may also remove a level without a call: it takes the level out of
 * its side's list, turns the sign of its home.side, and puts it before the first of the levels at
 * LEVELS_WORD_LEFT, which are chained through worse. levels_enter and this function take such
 * levels out of the index and free their slots before they do anything else. */
LEVELS_PUBLIC int32_t levels_settle(void *memory);

LEVELS_PUBLIC int32_t levels_clear(void *memory);       /* Removes all levels. */
LEVELS_PUBLIC int32_t levels_check(const void *memory); /* Recomputes everything. For tests. */

#endif

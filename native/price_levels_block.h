/* price_levels_block.h -- the block of price_levels.h as C sees it. For price_levels*.c only.
 *
 * Words of children that are not there are zero, in free nodes too, so that a descent need not
 * look at the bitmap. Free slots are chained through worse, free nodes through parent; both lists
 * are last in, first out, so that what is handed out was used lately and is in the cache. */
#ifndef PRICE_LEVELS_BLOCK_H
#define PRICE_LEVELS_BLOCK_H

#include "price_levels.h"

#include <assert.h>

#define MAGIC 0x4C564C00u /* "LVL"; the ABI stands in the last byte. */
#define HEADER_WORDS 16u
#define NODE_WORDS 70u
#define DIGIT_BITS 6u
#define DIGIT_MASK 63u
#define NO_NODE 0u /* A node is named by its place: where it begins, in words. */

typedef struct {
  uint32_t magic, side_count, level_count;
  uint32_t count, left, best_at, price_at, worse_at, better_at, home_at; /* LEVELS_WORD_.. */
  uint32_t root_at, nodes_at;
  uint32_t level_top, level_free; /* Slots from level_top on were never used. */
  uint32_t node_top, node_free;   /* Nodes from node_top on were never used. */
} header;
_Static_assert(sizeof(header) == HEADER_WORDS * 4, "the header is sixteen words");

typedef struct {
  uint64_t bitmap;
  uint32_t prefix, shift, parent, unused;
  int32_t child[64];
} node;
_Static_assert(sizeof(node) == NODE_WORDS * 4, "a node has as many words as NODE_WORDS says");

typedef struct {
  uint32_t node; /* What the level hangs from; NO_NODE when it is the root of its side. */
  int32_t side;  /* side + 1; its negative when the level has left; 0 when the slot is free. */
} home;

static inline uint32_t *word_at(const header *h, uint32_t at) { return (uint32_t *)h + at; }
static inline uint32_t *best_of(const header *h) { return word_at(h, h->best_at); }
static inline uint32_t *price_of(const header *h) { return word_at(h, h->price_at); }
static inline uint32_t *worse_of(const header *h) { return word_at(h, h->worse_at); }
static inline uint32_t *better_of(const header *h) { return word_at(h, h->better_at); }
static inline int32_t *root_of(const header *h) { return (int32_t *)word_at(h, h->root_at); }
static inline home *home_of(const header *h) { return (home *)word_at(h, h->home_at); }

static inline node *node_of(const header *h, uint32_t place) {
  return (node *)word_at(h, place);
}
static inline node *node_below(const header *h, int32_t child) {
  return node_of(h, 0u - (uint32_t)child);
}

static inline uint32_t lowest_bit(uint64_t bits) { return (uint32_t)__builtin_ctzll(bits); }
static inline uint32_t highest_bit(uint64_t bits) { return 63u - (uint32_t)__builtin_clzll(bits); }

/* Lower is better on both sides. */
static inline uint32_t key_of(uint32_t side, uint32_t price) {
    return price ^ ((side & 1u) - 1u);
}
static inline uint32_t digit_of(uint32_t key, uint32_t shift) {
    return (key >> shift) & DIGIT_MASK;
}
/* The bits above the digit at `shift`; none when the digit is the topmost. */
static inline uint32_t above(uint32_t shift) { return ~DIGIT_MASK << shift; }

static inline int is_open(const header *h) {
  return h != 0 && ((uintptr_t)h & 7u) == 0 && h->magic == (MAGIC | LEVELS_ABI);
}

#endif

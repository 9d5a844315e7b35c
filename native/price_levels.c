/* price_levels.c -- see price_levels.h for the block and the index.
 *
 * Public functions check their arguments and refuse before they change anything; static ones
 * assert (in the test build). */
#include "price_levels_block.h"

#ifndef LEVELS_BUILD
#define LEVELS_BUILD 0u
#endif

uint32_t levels_abi(void) { return LEVELS_ABI; }
uint32_t levels_build(void) { return LEVELS_BUILD; }

uint32_t levels_words(uint32_t side_count, uint32_t level_count) {
  if (side_count == 0 || side_count > LEVELS_SIDE_MAX) return 0;
  if (level_count == 0 || level_count > LEVELS_LEVEL_MAX) return 0;
  /* One word more, so that the nodes can be aligned to 8 bytes. */
  return HEADER_WORDS + 2 * side_count + 5 * (level_count + 1) + 1 + NODE_WORDS * (level_count - 1);
}

int32_t levels_open(void *memory, uint32_t words, uint32_t side_count, uint32_t level_count) {
  const uint32_t needed = levels_words(side_count, level_count);
  if (needed == 0) return LEVELS_BAD_LIMITS;
  if (memory == 0 || ((uintptr_t)memory & 7u) != 0 || words < needed) return LEVELS_BAD_MEMORY;
  header *h = memory;
  const uint32_t slots = level_count + 1;
  h->magic = MAGIC | LEVELS_ABI;
  h->side_count = side_count;
  h->level_count = level_count;
  h->best_at = HEADER_WORDS;
  h->root_at = h->best_at + side_count;
  h->price_at = h->root_at + side_count;
  h->worse_at = h->price_at + slots;
  h->better_at = h->worse_at + slots;
  h->home_at = h->better_at + slots;
  h->nodes_at = (h->home_at + 2 * slots + 1) & ~1u;
  return levels_clear(memory);
}

/* Slots and nodes are made ready when first used, so only the sides are written here. */
int32_t levels_clear(void *memory) {
  header *h = memory;
  if (!is_open(h)) return LEVELS_BAD_MEMORY;
  for (uint32_t side = 0; side < h->side_count; side++) {
    best_of(h)[side] = LEVELS_NONE;
    root_of(h)[side] = 0;
  }
  h->count = 0;
  h->left = LEVELS_NONE;
  h->level_top = 1;
  h->level_free = LEVELS_NONE;
  h->node_top = h->nodes_at;
  h->node_free = NO_NODE;
  return LEVELS_OK;
}

static inline uint32_t take_slot(header *h) {
  assert(h->count < h->level_count);
  const uint32_t level = h->level_free;
  h->count++;
  if (level == LEVELS_NONE) return h->level_top++;
  h->level_free = worse_of(h)[level];
  return level;
}

/* There is always one: nodes in use are fewer than levels. */
static inline uint32_t take_node(header *h) {
  uint32_t place = h->node_free;
  if (place != NO_NODE) {
    h->node_free = node_of(h, place)->parent;
    return place;
  }
  place = h->node_top;
  h->node_top += NODE_WORDS;
  assert(h->node_top <= h->nodes_at + NODE_WORDS * (h->level_count - 1));
  node *n = node_of(h, place);
  for (uint32_t i = 0; i <= DIGIT_MASK; i++) n->child[i] = 0;
  return place;
}

static inline void hang(node *n, uint32_t key, int32_t child) {
  const uint32_t digit = digit_of(key, n->shift);
  n->bitmap |= 1ull << digit;
  n->child[digit] = child;
}

/* Where the side's tree holds what hangs from `parent` (NO_NODE: nothing) on the way to `key`. */
static inline int32_t *child_of(header *h, uint32_t side, uint32_t parent, uint32_t key) {
  if (parent == NO_NODE) return &root_of(h)[side];
  node *n = node_of(h, parent);
  return &n->child[digit_of(key, n->shift)];
}

static inline void set_parent(header *h, int32_t child, uint32_t parent) {
  if (child < 0) node_below(h, child)->parent = parent;
  else home_of(h)[child].node = parent;
}

/* Puts a node with `occupant` as its only child where `occupant` hung below `parent`. */
static uint32_t split(header *h, uint32_t side, uint32_t key, uint32_t parent, int32_t occupant) {
  const uint32_t other =
      occupant < 0 ? node_below(h, occupant)->prefix : key_of(side, price_of(h)[occupant]);
  assert(key != other);
  const uint32_t highest = highest_bit(key ^ other);
  const uint32_t place = take_node(h);
  node *n = node_of(h, place);
  n->bitmap = 0;
  n->shift = highest - highest % DIGIT_BITS;
  n->prefix = key & above(n->shift);
  n->parent = parent;
  hang(n, other, occupant);
  set_parent(h, occupant, place);
  *child_of(h, side, parent, key) = -(int32_t)place;
  return place;
}

static inline uint32_t lowest_below(const header *h, int32_t child) {
  while (child < 0) {
    const node *n = node_below(h, child);
    child = n->child[lowest_bit(n->bitmap)];
  }
  return (uint32_t)child;
}

static inline uint32_t highest_below(const header *h, int32_t child) {
  while (child < 0) {
    const node *n = node_below(h, child);
    child = n->child[highest_bit(n->bitmap)];
  }
  return (uint32_t)child;
}

/* One neighbour is found in the level's own node, which has another child; it knows the second. */
static inline void link_level(header *h, uint32_t side, uint32_t level, const node *n,
                              uint32_t digit) {
  uint32_t *worse_level = worse_of(h), *better_level = better_of(h);
  const uint64_t others = n->bitmap & ~(1ull << digit);
  const uint64_t higher = others & (~0ull << digit);
  uint32_t worse, better;
  assert(others != 0);
  if (higher != 0) {
    worse = lowest_below(h, n->child[lowest_bit(higher)]);
    better = better_level[worse];
  } else {
    better = highest_below(h, n->child[highest_bit(others)]);
    worse = worse_level[better];
  }
  worse_level[level] = worse;
  better_level[level] = better;
  if (better == LEVELS_NONE) best_of(h)[side] = level;
  else worse_level[better] = level;
  if (worse != LEVELS_NONE) better_level[worse] = level;
}

/* Puts the only child of a node in the node's place. */
static inline void collapse(header *h, uint32_t side, uint32_t place) {
  node *n = node_of(h, place);
  const uint32_t digit = lowest_bit(n->bitmap);
  const int32_t child = n->child[digit];
  *child_of(h, side, n->parent, n->prefix) = child;
  set_parent(h, child, n->parent);
  n->child[digit] = 0;
  n->parent = h->node_free;
  h->node_free = place;
}

/* Takes a level, which is in no list any more, out of the index, and frees its slot. */
static inline void remove_level(header *h, uint32_t side, uint32_t level) {
  const uint32_t place = home_of(h)[level].node;
  home_of(h)[level].side = 0;
  worse_of(h)[level] = h->level_free;
  h->level_free = level;
  h->count--;
  if (place == NO_NODE) {
    root_of(h)[side] = 0;
    return;
  }
  node *n = node_of(h, place);
  const uint32_t digit = digit_of(key_of(side, price_of(h)[level]), n->shift);
  n->bitmap &= ~(1ull << digit);
  n->child[digit] = 0;
  assert(n->bitmap != 0);
  if ((n->bitmap & (n->bitmap - 1)) == 0) collapse(h, side, place);
}

static inline void settle(header *h) {
  for (uint32_t level = h->left, next; level != LEVELS_NONE; level = next) {
    assert(level < h->level_top && home_of(h)[level].side < 0);
    next = worse_of(h)[level];
    remove_level(h, (uint32_t)(-home_of(h)[level].side - 1), level);
  }
  h->left = LEVELS_NONE;
}

int32_t levels_settle(void *memory) {
  header *h = memory;
  if (!is_open(h)) return LEVELS_BAD_MEMORY;
  settle(h);
  return LEVELS_OK;
}

int32_t levels_leave(void *memory, uint32_t side, uint32_t level) {
  header *h = memory;
  if (!is_open(h)) return LEVELS_BAD_MEMORY;
  if (side >= h->side_count) return LEVELS_BAD_SIDE;
  if (level == LEVELS_NONE || level >= h->level_top) return LEVELS_BAD_LEVEL;
  if (home_of(h)[level].side != (int32_t)side + 1) return LEVELS_BAD_LEVEL;

  uint32_t *worse_level = worse_of(h), *better_level = better_of(h);
  const uint32_t worse = worse_level[level], better = better_level[level];
  if (better == LEVELS_NONE) best_of(h)[side] = worse;
  else worse_level[better] = worse;
  if (worse != LEVELS_NONE) better_level[worse] = better;
  remove_level(h, side, level);
  return LEVELS_OK;
}

static int32_t enter_new(header *h, uint32_t side, uint32_t price, uint32_t parent,
                         int32_t occupant) {
  if (h->count == h->level_count) return LEVELS_NONE;
  const uint32_t key = key_of(side, price);
  const uint32_t level = take_slot(h);
  const uint32_t place = occupant == 0 ? parent : split(h, side, key, parent, occupant);
  price_of(h)[level] = price;
  home_of(h)[level] = (home){place, (int32_t)side + 1};
  if (place == NO_NODE) {
    root_of(h)[side] = (int32_t)level;
    best_of(h)[side] = level;
    worse_of(h)[level] = LEVELS_NONE;
    better_of(h)[level] = LEVELS_NONE;
  } else {
    node *n = node_of(h, place);
    hang(n, key, (int32_t)level);
    link_level(h, side, level, n, digit_of(key, n->shift));
  }
  return (int32_t)level;
}

int32_t levels_enter(void *memory, uint32_t side, uint32_t price) {
  header *h = memory;
  if (!is_open(h)) return LEVELS_BAD_MEMORY;
  if (side >= h->side_count) return LEVELS_BAD_SIDE;
  if (price == 0) return LEVELS_BAD_PRICE;
  if (h->left != LEVELS_NONE) settle(h);
  const uint32_t key = key_of(side, price);
  uint32_t parent = NO_NODE;
  int32_t at = root_of(h)[side];
  while (at < 0) {
    const node *n = node_below(h, at);
    if (((key ^ n->prefix) & above(n->shift)) != 0) break;
    parent = (uint32_t)-at;
    at = n->child[digit_of(key, n->shift)];
  }
  if (at > 0 && price_of(h)[at] == price) return at;
  return enter_new(h, side, price, parent, at);
}

/* The way down looks at digits only; the price at its end tells whether it was the right way. */
int32_t levels_find(const void *memory, uint32_t side, uint32_t price) {
  const header *h = memory;
  if (!is_open(h)) return LEVELS_BAD_MEMORY;
  if (side >= h->side_count) return LEVELS_BAD_SIDE;
  if (price == 0) return LEVELS_BAD_PRICE;
  const uint32_t key = key_of(side, price);
  int32_t at = root_of(h)[side];
  while (at < 0) {
    const node *n = node_below(h, at);
    at = n->child[digit_of(key, n->shift)];
  }
  if (at == 0 || price_of(h)[at] != price) return LEVELS_NONE;
  return h->left == LEVELS_NONE || home_of(h)[at].side > 0 ? at : LEVELS_NONE;
}

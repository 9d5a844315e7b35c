/* price_levels_twin.h -- plain sorted arrays that are told the same as a block of price levels.
 *
 * Every answer of the block must be the arrays'. For the random test and the fuzzer. The block is
 * one malloc of the exact size, so that a word beside it is found by the address sanitizer. A
 * broken promise aborts. */
#ifndef PRICE_LEVELS_TWIN_H
#define PRICE_LEVELS_TWIN_H

#include "price_levels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDES 4u
#define PLAIN_MAX 600u

static unsigned long claims = 0;

static inline void claim_at(int holds, const char *promise, const char *file, int line) {
  claims++;
  if (holds) return;
  fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
  abort();
}
#define claim(holds, promise) claim_at((holds), (promise), __FILE__, __LINE__)

/* The twin: prices of a side, best first, and the slot of each. */
typedef struct {
  uint32_t count;
  uint32_t price[PLAIN_MAX];
  uint32_t level[PLAIN_MAX];
} plain;

typedef struct {
  uint32_t *block;
  uint32_t words, level_count, used;
  plain sides[SIDES];
} pair;

static inline uint32_t *array(const pair *p, uint32_t word) { return p->block + p->block[word]; }

static inline int is_better(uint32_t side, uint32_t a, uint32_t b) {
  return side % 2 == 0 ? a > b : a < b;
}

static inline uint32_t plain_place(const plain *s, uint32_t side, uint32_t price) {
  uint32_t at = 0;
  while (at < s->count && is_better(side, s->price[at], price)) at++;
  return at;
}

static inline void open_pair(pair *p, uint32_t level_count) {
  memset(p, 0, sizeof *p);
  p->words = levels_words(SIDES, level_count);
  p->level_count = level_count;
  p->block = malloc(p->words * sizeof(uint32_t));
  claim(p->block != NULL, "there is memory");
  memset(p->block, 0xA5, p->words * sizeof(uint32_t)); /* Open takes whatever memory holds. */
  claim(levels_open(p->block, p->words, SIDES, level_count) == LEVELS_OK, "the block opens");
}

static inline void compare_side(const pair *p, uint32_t side) {
  const plain *s = &p->sides[side];
  const uint32_t *price = array(p, LEVELS_WORD_PRICE), *worse = array(p, LEVELS_WORD_WORSE);
  const uint32_t *better = array(p, LEVELS_WORD_BETTER);
  uint32_t level = array(p, LEVELS_WORD_BEST)[side], before = LEVELS_NONE;
  for (uint32_t i = 0; i < s->count; i++) {
    claim(level == s->level[i], "the list has the slots of the array, in its order");
    claim(price[level] == s->price[i], "a level keeps its price");
    claim(better[level] == before, "the way back is the way there");
    before = level;
    level = worse[level];
  }
  claim(level == LEVELS_NONE, "the list ends where the array ends");
}

static inline void enter(pair *p, uint32_t side, uint32_t price) {
  plain *s = &p->sides[side];
  const uint32_t at = plain_place(s, side, price);
  const int is_there = at < s->count && s->price[at] == price;
  const int32_t level = levels_enter(p->block, side, price);
  if (is_there) {
    claim(level == (int32_t)s->level[at], "entering a level again gives the same slot");
    return;
  }
  if (p->used == p->level_count) {
    claim(level == LEVELS_NONE, "a full table has no level to give");
    return;
  }
  claim(level > 0 && (uint32_t)level <= p->level_count, "a new level gets a slot");
  for (uint32_t i = s->count; i > at; i--) {
    s->price[i] = s->price[i - 1];
    s->level[i] = s->level[i - 1];
  }
  s->price[at] = price;
  s->level[at] = (uint32_t)level;
  s->count++;
  p->used++;
}

/* The caller's half of leaving, as levels_settle describes it. */
static inline void leave_without_call(pair *p, uint32_t side, uint32_t level) {
  uint32_t *worse = array(p, LEVELS_WORD_WORSE), *better = array(p, LEVELS_WORD_BETTER);
  int32_t *home = (int32_t *)array(p, LEVELS_WORD_HOME);
  if (better[level] == LEVELS_NONE) array(p, LEVELS_WORD_BEST)[side] = worse[level];
  else worse[better[level]] = worse[level];
  if (worse[level] != LEVELS_NONE) better[worse[level]] = better[level];
  home[2 * level + 1] = -home[2 * level + 1];
  worse[level] = p->block[LEVELS_WORD_LEFT];
  p->block[LEVELS_WORD_LEFT] = level;
}

/* The level at `at`, counted from the best, leaves; there are more than `at`. */
static inline void leave_at(pair *p, uint32_t side, uint32_t at, int with_call) {
  plain *s = &p->sides[side];
  const uint32_t level = s->level[at], price = s->price[at];
  if (with_call) claim(levels_leave(p->block, side, level) == LEVELS_OK, "a level leaves");
  else leave_without_call(p, side, level);
  for (uint32_t i = at + 1; i < s->count; i++) {
    s->price[i - 1] = s->price[i];
    s->level[i - 1] = s->level[i];
  }
  s->count--;
  p->used--;
  claim(levels_find(p->block, side, price) == LEVELS_NONE, "a level that left is not found");
  claim(levels_leave(p->block, side, level) == LEVELS_BAD_LEVEL, "a level leaves once");
}

static inline void find(const pair *p, uint32_t side, uint32_t price) {
  const plain *s = &p->sides[side];
  const uint32_t at = plain_place(s, side, price);
  const int is_there = at < s->count && s->price[at] == price;
  claim(levels_find(p->block, side, price) == (is_there ? (int32_t)s->level[at] : LEVELS_NONE),
        "find finds what is there and nothing else");
}

#endif

/* price_levels_fuzz.c -- a program of calls to price_levels.c, written by a coverage-guided fuzzer.
 *
 * Built and run by fuzz.sh (libFuzzer). The first two bytes say how many levels there are and where
 * the prices begin; then each call is a byte, [ price form: 3 bits ][ side: 2 ][ call: 3 ], and the
 * bytes of its price. Everything is told to the plain arrays of price_levels_twin.h too, and every
 * answer must be theirs. Any bytes are a program: what is missing at the end reads as zero. */
#include "price_levels_twin.h"

/* As many as two levels of nodes take to part, and few enough to fill the table. */
#define LEVELS_FUZZED 192u

typedef struct {
  const uint8_t *bytes;
  size_t size, at;
  uint32_t base, last; /* Where near prices lie; the price before. */
} tape;

static uint32_t next_byte(tape *t) { return t->at < t->size ? t->bytes[t->at++] : 0; }

static uint32_t next_word(tape *t) {
  uint32_t word = 0;
  for (uint32_t i = 0; i < 4; i++) word = word << 8 | next_byte(t);
  return word;
}

/* Near the base, over a page, anywhere, one bit or one tick from the last, one that is there. */
static uint32_t next_price(tape *t, const plain *s, uint32_t form) {
  switch (form) {
    case 0: return t->base + next_byte(t);
    case 1: return t->base + 64 * next_byte(t);
    case 2: return t->base + 4096 * next_byte(t);
    case 3: return next_word(t);
    case 4: return t->last ^ 1u << next_byte(t) % 32;
    case 5: return t->last + 1;
    case 6: return t->base = next_word(t);
    default: return s->count == 0 ? t->last : s->price[next_byte(t) % s->count];
  }
}

/* A slot that the fuzzer made up: it leaves if it is a level of this side, else it is refused. */
static void leave_any(pair *p, uint32_t side, uint32_t level) {
  const plain *s = &p->sides[side];
  uint32_t at = 0;
  while (at < s->count && s->level[at] != level) at++;
  if (at < s->count) leave_at(p, side, at, 1);
  else claim(levels_leave(p->block, side, level) == LEVELS_BAD_LEVEL, "no such level leaves");
}

static void clear(pair *p) {
  claim(levels_clear(p->block) == LEVELS_OK, "the block clears");
  memset(p->sides, 0, sizeof p->sides);
  p->used = 0;
}

static void step(pair *p, tape *t) {
  const uint32_t call = next_byte(t), side = call >> 3 & 3;
  const plain *s = &p->sides[side];
  switch (call & 7) {
    case 0: case 1: case 2: {
      const uint32_t price = next_price(t, s, call >> 5);
      if (price == 0) claim(levels_enter(p->block, side, 0) == LEVELS_BAD_PRICE, "price 0 is none");
      else enter(p, side, t->last = price);
      break;
    }
    case 3: {
      const uint32_t price = next_price(t, s, call >> 5);
      if (price == 0) claim(levels_find(p->block, side, 0) == LEVELS_BAD_PRICE, "price 0 is none");
      else find(p, side, price);
      break;
    }
    case 4: case 5: /* With a call, and without. */
      if (s->count != 0) leave_at(p, side, next_byte(t) % s->count, (call & 1) == 0);
      break;
    case 6: leave_any(p, side, call >> 5 == 0 ? next_word(t) : next_byte(t)); break;
    default:
      if (call >> 5 == 0) clear(p);
      else claim(levels_settle(p->block) == LEVELS_OK, "the block settles");
  }
  compare_side(p, side);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  tape t = {bytes, size, 0, 0, 1};
  pair p;
  open_pair(&p, 1 + next_byte(&t) % LEVELS_FUZZED);
  t.base = 1u << next_byte(&t) % 32;
  for (uint32_t steps = 0; t.at < t.size; steps++) {
    step(&p, &t);
    if (steps % 16 == 0) claim(levels_check(p.block) == LEVELS_OK, "the block is sound");
  }
  claim(levels_settle(p.block) == LEVELS_OK, "the block settles");
  claim(levels_check(p.block) == LEVELS_OK, "the settled block is sound");
  claim(p.block[LEVELS_WORD_COUNT] == p.used, "the settled count is the number of levels");
  for (uint32_t side = 0; side < SIDES; side++) compare_side(&p, side);
  free(p.block);
  return 0;
}

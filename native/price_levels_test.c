/* price_levels_test.c -- random operations on price_levels.c beside plain sorted arrays.
 *
 * Built by test.sh with the address and undefined-behaviour sanitizers. After every operation the
 * touched side must read the same as its array, from best to worst and back; levels_check
 * recomputes the whole block every so often. Refusals must leave every byte as it was. */
#include "price_levels_twin.h"

static uint32_t random_state = 1;
static uint32_t random_u32(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}
static uint32_t below(uint32_t bound) { return random_u32() % bound; }

static void leave(pair *p, uint32_t side, int with_call) {
  const uint32_t count = p->sides[side].count;
  if (count != 0) leave_at(p, side, below(count), with_call);
}

/* The shapes of prices: dense, over a book's width, anything, and where digits and signs turn. */
static uint32_t some_price(uint32_t shape) {
  static const uint32_t edges[] = {1,          2,          63,         64,         65,
                                   4095,       4096,       0x3FFFFFFF, 0x40000000, 0x7FFFFFFF,
                                   0x80000000, 0xBFFFFFFF, 0xC0000000, 0xFFFFFFFE, 0xFFFFFFFF};
  switch (shape) {
    case 0: return 33504 + below(100);
    case 1: return 1000000 + below(10000000);
    case 2: return random_u32();
    default: return edges[below(sizeof edges / sizeof edges[0])] ^ (below(2) ? 0 : below(8) * 64);
  }
}

static void play(uint32_t seed, uint32_t shape, uint32_t level_count, uint32_t steps) {
  pair p;
  random_state = seed * 2654435761u | 1u;
  open_pair(&p, level_count);
  for (uint32_t step = 0; step < steps; step++) {
    const uint32_t side = below(SIDES), price = some_price(shape);
    const uint32_t tide = step / 1000 % 2 == 0 ? 6 : 3; /* The book grows, then it shrinks. */
    if (price != 0) {
      if (below(10) < tide) enter(&p, side, price);
      else leave(&p, side, (int)below(2));
      find(&p, side, some_price(shape) | 1);
      find(&p, side, price);
    }
    compare_side(&p, side);
    if (step % 61 == 0) claim(levels_check(p.block) == LEVELS_OK, "the block is sound");
    if (below(5000) == 0) {
      claim(levels_clear(p.block) == LEVELS_OK, "the block clears");
      memset(p.sides, 0, sizeof p.sides);
      p.used = 0;
    }
  }
  claim(levels_settle(p.block) == LEVELS_OK, "the block settles");
  claim(levels_check(p.block) == LEVELS_OK, "the settled block is sound");
  claim(p.block[LEVELS_WORD_COUNT] == p.used, "the settled count is the number of levels");
  free(p.block);
}

/* Calls with bad arguments: each is refused by its own number and changes no byte. */
static void misuse(void) {
  pair p;
  open_pair(&p, 8);
  for (uint32_t price = 1; price <= 8; price++) enter(&p, 0, price * 1000);
  leave(&p, 0, 0);
  array(&p, LEVELS_WORD_HOME)[1] = 1; /* As if slot 0 were a level of side 0. */
  const size_t size = p.words * sizeof(uint32_t);
  uint32_t *before = malloc(size);
  claim(before != NULL, "there is memory");
  memcpy(before, p.block, size);
  const uint32_t level = p.sides[0].level[0];

  claim(levels_enter(p.block, SIDES, 5) == LEVELS_BAD_SIDE, "enter refuses the side");
  claim(levels_enter(p.block, UINT32_MAX, 5) == LEVELS_BAD_SIDE, "enter refuses any side");
  claim(levels_enter(p.block, 0, 0) == LEVELS_BAD_PRICE, "enter refuses the price");
  claim(levels_find(p.block, SIDES, 5) == LEVELS_BAD_SIDE, "find refuses the side");
  claim(levels_find(p.block, 0, 0) == LEVELS_BAD_PRICE, "find refuses the price");
  claim(levels_leave(p.block, SIDES, level) == LEVELS_BAD_SIDE, "leave refuses the side");
  claim(levels_leave(p.block, 1, level) == LEVELS_BAD_LEVEL, "leave refuses another's level");
  claim(levels_leave(p.block, 0, 0) == LEVELS_BAD_LEVEL, "leave refuses slot 0");
  claim(levels_leave(p.block, 0, 9) == LEVELS_BAD_LEVEL, "leave refuses a slot past the end");
  claim(levels_leave(p.block, 0, UINT32_MAX) == LEVELS_BAD_LEVEL, "leave refuses any slot");
  claim(levels_open(p.block, p.words - 1, SIDES, 8) == LEVELS_BAD_MEMORY, "open wants it all");
  claim(levels_open(p.block + 1, p.words, SIDES, 8) == LEVELS_BAD_MEMORY, "open wants it aligned");
  claim(levels_open(NULL, p.words, SIDES, 8) == LEVELS_BAD_MEMORY, "open wants memory");
  claim(levels_open(p.block, p.words, 0, 8) == LEVELS_BAD_LIMITS, "open wants sides");
  claim(levels_open(p.block, p.words, SIDES, 0) == LEVELS_BAD_LIMITS, "open wants levels");
  claim(memcmp(before, p.block, size) == 0, "refusals change nothing");

  p.block[0] ^= 1;
  claim(levels_enter(p.block, 0, 5) == LEVELS_BAD_MEMORY, "enter wants an open block");
  claim(levels_find(p.block, 0, 5) == LEVELS_BAD_MEMORY, "find wants an open block");
  claim(levels_leave(p.block, 0, level) == LEVELS_BAD_MEMORY, "leave wants an open block");
  claim(levels_settle(p.block) == LEVELS_BAD_MEMORY, "settle wants an open block");
  claim(levels_clear(p.block) == LEVELS_BAD_MEMORY, "clear wants an open block");
  claim(levels_check(p.block) == LEVELS_BAD_MEMORY, "check wants an open block");
  claim(levels_enter(NULL, 0, 5) == LEVELS_BAD_MEMORY, "enter wants memory");
  claim(levels_words(LEVELS_SIDE_MAX + 1, 8) == 0, "too many sides have no size");
  claim(levels_words(1, LEVELS_LEVEL_MAX + 1) == 0, "too many levels have no size");
  claim(levels_words(LEVELS_SIDE_MAX, LEVELS_LEVEL_MAX) < 1u << 31, "the largest block has one");
  free(before);
  free(p.block);
}

/* levels_check must say no: it flips each bit of the words that the index and the lists rest on.
 * What a flip may leave unseen: bits of price below its node's digit would be another price. */
static void check_says_no(void) {
  pair p;
  open_pair(&p, 40);
  for (uint32_t i = 0; i < 30; i++) enter(&p, i % SIDES, 1 + below(1u << (1 + i)));
  for (uint32_t i = 0; i < 6; i++) leave(&p, i % SIDES, 1);
  claim(levels_check(p.block) == LEVELS_OK, "the block is sound before the flips");
  const uint32_t best = p.block[LEVELS_WORD_BEST];
  for (uint32_t side = 0; side < SIDES; side++) {
    const plain *s = &p.sides[side];
    for (uint32_t i = 0; i < s->count; i++) {
      const uint32_t words[] = {p.block[LEVELS_WORD_WORSE] + s->level[i],
                                p.block[LEVELS_WORD_BETTER] + s->level[i],
                                p.block[LEVELS_WORD_HOME] + 2 * s->level[i],
                                p.block[LEVELS_WORD_HOME] + 2 * s->level[i] + 1,
                                best + side,
                                best + SIDES + side,
                                LEVELS_WORD_COUNT};
      for (uint32_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        const uint32_t flip = 1u << below(7);
        p.block[words[w]] ^= flip;
        claim(levels_check(p.block) == LEVELS_BROKEN, "a flipped bit is seen");
        p.block[words[w]] ^= flip;
      }
    }
  }
  claim(levels_check(p.block) == LEVELS_OK, "and gone when it is flipped back");
  free(p.block);
}

int main(void) {
  claim(levels_abi() == LEVELS_ABI, "the library is the header's");
  misuse();
  check_says_no();
  for (uint32_t seed = 1; seed <= 6; seed++) {
    for (uint32_t shape = 0; shape < 4; shape++) {
      play(seed, shape, 500, 20000);
      play(seed + 100, shape, 20, 5000);
    }
  }
  play(7, 2, 1, 2000);
  printf("price_levels_test: %lu claims hold\n", claims);
  return 0;
}

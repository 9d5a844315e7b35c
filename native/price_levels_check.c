/* price_levels_check.c -- recomputes what price_levels.c keeps, and says whether they agree.
 *
 * It walks each side's tree in key order beside the side's list, and both free lists, and trusts
 * no number that it has not compared with its bound first. Slow; for tests. */
#include "price_levels_block.h"

/* What a walk has seen so far. */
typedef struct {
  const header *h;
  uint32_t side;
  uint32_t expected; /* Where the side's list stands. */
  uint32_t better;   /* The level before it. */
  uint32_t levels, left, nodes;
} walk;

static int is_node(const header *h, uint32_t place) {
  return place >= h->nodes_at && place < h->node_top && (place - h->nodes_at) % NODE_WORDS == 0;
}

static int level_is_sound(walk *w, uint32_t level, uint32_t parent) {
  const header *h = w->h;
  if (level >= h->level_top) return 0;
  const home place = home_of(h)[level];
  if (place.node != parent || price_of(h)[level] == 0) return 0;
  if (place.side == -(int32_t)w->side - 1) {
    w->left++;
    return 1;
  }
  if (place.side != (int32_t)w->side + 1) return 0;
  if (level != w->expected || better_of(h)[level] != w->better) return 0;
  w->better = level;
  w->expected = worse_of(h)[level];
  w->levels++;
  return 1;
}

static int tree_is_sound(walk *w, int32_t child, uint32_t parent);

static int node_is_sound(walk *w, uint32_t place, uint32_t parent) {
  const header *h = w->h;
  if (!is_node(h, place)) return 0;
  const node *n = node_of(h, place);
  w->nodes++;
  if (n->parent != parent || n->shift % DIGIT_BITS != 0 || n->shift > 30) return 0;
  if ((n->prefix & ~above(n->shift)) != 0) return 0;
  if (parent != NO_NODE && n->shift >= node_of(h, parent)->shift) return 0;
  if ((n->bitmap & (n->bitmap - 1)) == 0) return 0;
  for (uint32_t digit = 0; digit <= DIGIT_MASK; digit++) {
    const int32_t child = n->child[digit];
    if ((child != 0) != ((n->bitmap >> digit & 1) != 0)) return 0;
    if (child == 0) continue;
    if (child < 0 && !is_node(h, 0u - (uint32_t)child)) return 0;
    if (child > 0 && (uint32_t)child >= h->level_top) return 0;
    const uint32_t key =
        child < 0 ? node_below(h, child)->prefix : key_of(w->side, price_of(h)[child]);
    if ((key & above(n->shift)) != n->prefix || digit_of(key, n->shift) != digit) return 0;
    if (!tree_is_sound(w, child, place)) return 0;
  }
  return 1;
}

static int tree_is_sound(walk *w, int32_t child, uint32_t parent) {
  if (child == 0) return 1;
  if (child < 0) return node_is_sound(w, 0u - (uint32_t)child, parent);
  return level_is_sound(w, (uint32_t)child, parent);
}

/* Free slots and free nodes are exactly those that no side uses. */
static int free_lists_are_sound(const walk *w) {
  const header *h = w->h;
  uint32_t slots = 0, nodes = 0, left = 0;
  for (uint32_t level = h->level_free; level != LEVELS_NONE; level = worse_of(h)[level]) {
    if (level >= h->level_top || home_of(h)[level].side != 0) return 0;
    if (++slots > h->level_count) return 0;
  }
  for (uint32_t level = h->left; level != LEVELS_NONE; level = worse_of(h)[level]) {
    if (level >= h->level_top || home_of(h)[level].side >= 0) return 0;
    if (++left > h->level_count) return 0;
  }
  for (uint32_t place = h->node_free; place != NO_NODE; place = node_of(h, place)->parent) {
    if (!is_node(h, place) || ++nodes > h->level_count) return 0;
    for (uint32_t i = 0; i <= DIGIT_MASK; i++) {
      if (node_of(h, place)->child[i] != 0) return 0;
    }
  }
  return left == w->left && w->levels + left + slots + 1 == h->level_top &&
         h->nodes_at + NODE_WORDS * (w->nodes + nodes) == h->node_top;
}

int32_t levels_check(const void *memory) {
  const header *h = memory;
  if (!is_open(h)) return LEVELS_BAD_MEMORY;
  if (h->level_top > h->level_count + 1) return LEVELS_BROKEN;
  if (h->node_top > h->nodes_at + NODE_WORDS * (h->level_count - 1)) return LEVELS_BROKEN;
  walk w = {h, 0, LEVELS_NONE, LEVELS_NONE, 0, 0, 0};
  for (w.side = 0; w.side < h->side_count; w.side++) {
    w.better = LEVELS_NONE;
    w.expected = best_of(h)[w.side];
    if (!tree_is_sound(&w, root_of(h)[w.side], NO_NODE)) return LEVELS_BROKEN;
    if (w.expected != LEVELS_NONE) return LEVELS_BROKEN;
  }
  if (w.levels + w.left != h->count) return LEVELS_BROKEN;
  return free_lists_are_sound(&w) ? LEVELS_OK : LEVELS_BROKEN;
}

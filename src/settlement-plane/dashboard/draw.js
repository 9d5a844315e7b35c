/** Draw. */
export const DRAW = 1;

/** Page. */
export const PAGE = 1;

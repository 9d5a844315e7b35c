/** The book. */
export const BOOK = 1;

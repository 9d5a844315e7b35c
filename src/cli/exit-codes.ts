/**
 * Exit codes of `clob`, the same as those of every service.
 */
export const EXIT_OK = 0;
export const EXIT_REFUSED = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNREACHABLE = 3;
export const EXIT_VERIFICATION = 4;

/** The runtime refuses, in its own words. */
export class RuntimeError extends Error {}

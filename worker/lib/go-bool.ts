// A switch on a command line, as Go's strconv.ParseBool reads it.

/** Given, and off. */
export const isFalse = (value: string | undefined): boolean => value !== undefined && /^(0|f|F|false|FALSE|False)$/.test(value);

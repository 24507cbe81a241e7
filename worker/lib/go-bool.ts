// A switch on a command line, as Go's strconv.ParseBool reads it.

/** Given, and off. */
export const isFalse = (value: string | undefined): boolean => value !== undefined && /^(0|f|F|false|FALSE|False)$/.test(value);

/** Given, and on. */
export const isTrue = (value: string | undefined): boolean => value !== undefined && /^(1|t|T|true|TRUE|True)$/.test(value);

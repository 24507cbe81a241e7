/** The program of entrypoint scripts that only prepare something, and become the command that they are given. */
export const ENTRYPOINT = 'entrypoint';

// Host names have at most 63 characters, and do not end in a dash or a dot.

export const truncateHostname = (name: string): string => (name.length <= 63 ? name : name.slice(0, 63).replace(/[-.]+$/, ''));

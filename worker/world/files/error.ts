// What can go wrong with a file, in C's words.

export type ErrorCode = keyof typeof MESSAGES;

const MESSAGES = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  EBADF: 'Bad file descriptor',
  EACCES: 'Permission denied',
  EBUSY: 'Resource busy',
  EEXIST: 'File exists',
  EXDEV: 'Cross-device link',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ENAMETOOLONG: 'File name too long',
  ENOSPC: 'No space left on device',
  EROFS: 'Read-only file system',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Too many levels of symbolic links',
  ENXIO: 'No such device or address',
} as const;

export class FileError extends Error {
  readonly code: ErrorCode;
  readonly path: string;
  constructor(code: ErrorCode, path: string) {
    // Whoever looks for a file along a path meets many of these and needs no stack of them, which V8 takes long to write.
    const limit = V8.stackTraceLimit;
    V8.stackTraceLimit = 0;
    super(MESSAGES[code]);
    V8.stackTraceLimit = limit;
    this.code = code;
    this.path = path;
  }
}

const V8 = Error as { stackTraceLimit?: number | undefined };

// The body of a write on its way from the server, which knows its format, to the registry, which knows its type.

export type BodyFormat = 'json' | 'yaml' | 'protobuf';

/** What came over the wire. Whoever gives the registry anything else gives the value itself, as components do. */
export class RequestBody {
  readonly format: BodyFormat;
  readonly bytes: Uint8Array;
  constructor(format: BodyFormat, bytes: Uint8Array) {
    this.format = format;
    this.bytes = bytes;
  }
}

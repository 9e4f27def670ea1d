/** Where a connection stands, as the messages on it show. */
export const PHASES = ['connect', 'authentication', 'copy out', 'copy in', 'commit', 'answer to commit'] as const;
export type Phase = (typeof PHASES)[number];
export type Direction = 'to server' | 'to service';

const LENGTH_BYTES = 4;

/** Cuts what is sent in one direction into the messages of PostgreSQL's protocol. */
export class MessageSplitter {
  #rest: Buffer = Buffer.alloc(0);
  /** The first message of a service has no type. */
  #typeBytes: 0 | 1;

  constructor(direction: Direction) {
    this.#typeBytes = direction === 'to server' ? 0 : 1;
  }

  /** @returns the messages that are complete now */
  push(bytes: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: Buffer[] = [];
    for (;;) {
      const start = this.#typeBytes;
      if (this.#rest.length < start + LENGTH_BYTES) return messages;
      const end = start + this.#rest.readUInt32BE(start);
      if (this.#rest.length < end) return messages;
      messages.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
      this.#typeBytes = 1;
    }
  }
}

const SASL = 10;

/** The phase that begins with a message. */
export function phaseOf(direction: Direction, message: Buffer): Phase | undefined {
  const type = String.fromCharCode(message[0] ?? 0);
  const contents = message.subarray(1 + LENGTH_BYTES);
  if (direction === 'to server') {
    if (type === 'd') return 'copy in';
    return type === 'Q' && /^\s*commit\b/i.test(contents.toString('latin1')) ? 'commit' : undefined;
  }
  if (type === 'd') return 'copy out';
  if (type === 'R' && contents.readUInt32BE(0) === SASL) return 'authentication';
  return type === 'C' && contents.toString('latin1').startsWith('COMMIT') ? 'answer to commit' : undefined;
}

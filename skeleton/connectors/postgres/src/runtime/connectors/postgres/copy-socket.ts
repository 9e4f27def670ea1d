import { Socket } from 'node:net';

const MEMORY_BYTES = 65_536;

/**
 * A socket that reads into the same memory again and again. Node's own allocates 64 KiB for each read, and the garbage
 * collector that frees them takes a sixth of the time of a COPY.
 */
export class CopySocket extends Socket {
  /** Whether listeners to `data` get the memory itself, which is theirs until they return, or a copy. */
  lending = false;

  constructor() {
    const memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
    let deliver = (_bytes: Buffer): void => {};
    super({
      onread: {
        buffer: memory,
        callback(size) {
          deliver(memory.subarray(0, size));
          return true;
        },
      },
    });
    deliver = (bytes) => {
      this.emit('data', this.lending ? bytes : Buffer.from(bytes));
    };
  }
}

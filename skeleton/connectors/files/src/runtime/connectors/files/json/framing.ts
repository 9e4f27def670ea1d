import type { ByteWindow } from '../byte-window.ts';
import type { RecordParser } from './record-parser.ts';
import type { Separation } from './scanner-source.ts';

/** How records lie in a file one after the other. */
export interface Framing {
  readonly separation: Separation;
  /** The byte behind which nothing of a record is cut off. */
  readonly closing: number;
  /** Moves on to a record that seems to start at `start` or behind what separates records. */
  begin(bytes: Buffer, start: number, end: number): number;
  /** Moves on behind what closes the record that ends at `start`. @returns -1 when something else is there */
  close(bytes: Buffer, start: number, end: number): number;
  /**
   * Finds the next record in what is in view, adds it to the group and moves the window behind it. Grows the window
   * when the record is not complete.
   *
   * @returns `false` at the end of the file
   */
  take(window: ByteWindow, group: RecordParser): Promise<boolean>;
}

/** What knows how the records lie in a file, for somebody who reads from that offset on. */
export type Frame = (offset: number) => Framing;

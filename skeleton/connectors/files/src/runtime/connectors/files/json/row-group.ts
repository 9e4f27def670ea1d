import type { Row } from '../../../pipeline/batch.ts';
import { RecordParser } from './record-parser.ts';

/** Records as objects; those that are broken are left out. */
export class RowGroup extends RecordParser {
  readonly rows: Row[] = [];
  /** Records so far, those included that are left out. */
  records = 0;

  protected override accept(row: Row): void {
    this.rows.push(row);
    this.records++;
  }

  protected override reject(): void {
    this.records++;
  }
}

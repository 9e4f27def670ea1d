export { findUnwritable } from './fixed-values.ts';
export { type ColumnSummary, type ParquetSummary, ParquetWriter } from './parquet-writer.ts';

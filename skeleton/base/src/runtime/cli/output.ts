import { redact } from '../config/secrets.ts';

/** Prints a line for people, or a part of the result, on stdout, without secrets. */
export function print(text: string): void {
  process.stdout.write(`${redact(text)}\n`);
}

export function printJson(value: unknown): void {
  const json = JSON.stringify(value, (_, part) => (typeof part === 'string' ? redact(part) : part), 2);
  process.stdout.write(`${json}\n`);
}

/** `1,234,567` */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/** `0.4 s`, `2 min 5 s`, `1 h 3 min` */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `2026-03-01 08:30:12` in UTC. */
export function formatTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

/** The text on one line, without characters that would change the terminal, and cut to `width`. */
export function printable(text: string, width = Number.POSITIVE_INFINITY): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

/** Aligned columns: numbers to the right, text to the left. Cells have no line breaks; see `printable`. */
export function formatTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const numeric = header.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatCount(cell) : cell)));
  const lines = [header, ...cells];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A table of Markdown; `|` in cells is kept. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

/** 1234567 → `1,235 k` */
export function thousands(value: number): string {
  return `${Math.round(value / 1000).toLocaleString('en')} k`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

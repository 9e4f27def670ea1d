import { describe, expect, it } from 'vitest';
import { runCommand } from '../../bench/run-command.ts';

const node = (script: string) => ({ program: process.execPath, arguments: ['-e', script] });
/** Holds that many MiB for a while. */
const hold = (mebibytes: number) =>
  `globalThis.held = Buffer.alloc(${mebibytes} * 2 ** 20, 1); setTimeout(() => {}, 1500);`;

describe('runCommand', () => {
  it('adds up the memory of a process and of what it starts', async () => {
    const child = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(hold(200))}]);`;
    const { peakMebibytes, processorSeconds } = await runCommand(node(child + hold(100)));
    expect(peakMebibytes).toBeGreaterThan(300);
    expect(peakMebibytes).toBeLessThan(600);
    expect(processorSeconds).toBeGreaterThan(0);
  });

  it('fails with what the command said', async () => {
    await expect(runCommand(node('console.error("no such table"); process.exit(3)'))).rejects.toThrow(
      /ended with 3:\nno such table/,
    );
  });
});

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** @throws Error when there is no Chromium on the machine, with what to do */
export function startBrowser(): Promise<Browser> {
  // The sandbox of the browser cannot be had by root in a container; it opens nothing but the preview.
  return chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu', '--lang=en-GB'] });
}

function findChromium(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(`No browser was found (${NAMES.join(', ')}). On Debian: apt-get install chromium`);
  }
  return found;
}

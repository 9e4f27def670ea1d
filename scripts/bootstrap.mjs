// Runs on any Node from 20 on, with nothing installed: it installs what the project needs and goes on under the Node
// version that the project is pinned to.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const WANTED_MAJOR = 24;

/** Installs the project, then runs a TypeScript program of this folder with the arguments of this process. */
export async function launch(program, { development = false } = {}) {
  try {
    const node = await ensureNode();
    await ensureInstalled(project, node, { what: 'the project', development });
    const status = await run(node, [join(project, 'scripts', program), ...process.argv.slice(2)]);
    process.exitCode = status;
  } catch (error) {
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}

/**
 * Path of a Node of the wanted version, to run npm with: npm on an older one leaves out native packages that ask for a
 * newer one, without a word.
 */
async function ensureNode() {
  if (Number(process.versions.node.split('.')[0]) === WANTED_MAJOR) return process.execPath;
  const { version } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')).packages[
    'node_modules/node'
  ];
  const folder = join(project, '.cache', `node-${version}`);
  const node = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, allowScripts: { node: true } }));
    const install = ['install', `node@${version}`, '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
    await npm(process.execPath, folder, install, `Fetching Node ${version} (this is ${process.version})`);
  }
  return node;
}

/**
 * Installs what the lockfile of a folder says, unless that was done before. What is installed already is kept, the packages
 * for tests and checks too.
 *
 * @param {string} folder
 * @param {string} node path of the Node that runs npm
 * @param {{ what: string, development?: boolean }} options `development`: with the packages for tests and checks
 */
export async function ensureInstalled(folder, node, { what, development = true }) {
  const stamp = join(folder, 'node_modules', '.installed');
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  const everything = development || installed.endsWith(' all');
  if (installed === `${lock} all` || (!everything && installed === `${lock} production`)) return;
  const omit = everything ? [] : ['--omit=dev'];
  const command = existsSync(join(folder, 'node_modules')) ? 'install' : 'ci';
  await npm(node, folder, [command, '--no-audit', '--no-fund', ...omit], `Installing ${what}`);
  writeFileSync(stamp, `${lock} ${everything ? 'all' : 'production'}`);
}

/** Runs npm under a given Node; a progress line says for how long, and its output is shown when it fails. */
export function npm(node, folder, args, label) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const child = spawn(node, [findNpm(), ...args], {
    cwd: folder,
    env: environment(node),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const terminal = process.stdout.isTTY;
  const show = () => process.stdout.write(terminal ? `\r${label} … ${seconds()} s ` : `${label} … ${seconds()} s\n`);
  show();
  const timer = setInterval(show, terminal ? 1000 : 20_000);
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (status) => {
      clearInterval(timer);
      process.stdout.write(`${terminal ? '\r' : ''}${label}: ${status === 0 ? 'done' : 'failed'}, ${seconds()} s\n`);
      if (status === 0) done(undefined);
      else failed(new Error(`npm ${args.join(' ')} failed in ${folder}:\n${Buffer.concat(output)}`));
    });
  });
}

/** Runs a program with this process' input and output, passes signals on, and gives its exit status. */
export function run(node, args, { folder = process.cwd(), variables = {} } = {}) {
  const child = spawn(node, args, { cwd: folder, env: { ...environment(node), ...variables }, stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (status) => {
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
      done(status ?? 1);
    });
  });
}

/** Programs and scripts that are started find the same Node first. */
function environment(node) {
  const path = [join(project, 'node_modules', '.bin'), dirname(node), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path };
}

/** Path of npm's program: the npm that runs this script, else the first one on the PATH. */
export function findNpm() {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js') && existsSync(running)) return running;
  for (const folder of [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)]) {
    const link = join(folder, 'npm');
    const beside = [join(folder, '../lib'), folder].map((parent) => join(parent, 'node_modules/npm/bin/npm-cli.js'));
    const found = [...(existsSync(link) ? [realpathSync(link)] : []), ...beside].find(
      (path) => path.endsWith('npm-cli.js') && existsSync(path),
    );
    if (found !== undefined) return found;
  }
  throw new Error('npm was not found. It comes with Node: https://nodejs.org');
}

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { GeneratedRepository } from '../../../scripts/update/generated-repository.ts';

export function git(folder: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Team', '-c', 'user.email=team@example.org', '-c', 'gc.auto=0'];
  return execFileSync('git', ['-C', folder, ...identity, ...args], { encoding: 'utf8' });
}

/** A folder of files under git, and what people do to it. */
export class TeamRepository {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    git(folder, 'init', '--quiet', '--initial-branch', 'main');
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  write(path: string, text: string | Buffer): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  edit(path: string, change: (text: string) => string): void {
    const text = this.read(path);
    const changed = change(text);
    expect(changed, `${path} is not changed`).not.toBe(text);
    this.write(path, changed);
  }

  replace(path: string, before: string, after: string): void {
    this.edit(path, (text) => text.replace(before, () => after));
  }

  delete(path: string): void {
    rmSync(join(this.folder, path));
  }

  rename(from: string, to: string): void {
    renameSync(join(this.folder, from), join(this.folder, to));
  }

  commit(message: string): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', message);
  }

  /** Files that differ from the last commit, as `git status` lists them. */
  status(...paths: readonly string[]): string {
    return this.git('status', '--porcelain', '--', ...paths);
  }

  throwAway(): void {
    this.git('reset', '--quiet', '--hard', 'HEAD');
  }

  git(...args: readonly string[]): string {
    return git(this.folder, ...args);
  }

  open(): Promise<GeneratedRepository> {
    return GeneratedRepository.open(this.folder);
  }
}

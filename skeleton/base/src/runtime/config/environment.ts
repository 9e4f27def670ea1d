import { existsSync } from 'node:fs';
import { type ConfigProblem, ConfigurationError, formatPath, type ValuePath } from './problems.ts';

/** The environment variables a run sees. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `${NAME}` or `${NAME:-default}`. */
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Reads `.env` where there is one; a variable that is set already keeps its value.
 *
 * @throws ConfigurationError when it cannot be read
 */
export function loadEnvironmentFile(path = '.env'): void {
  if (!existsSync(path)) return;
  try {
    process.loadEnvFile(path);
  } catch (cause) {
    const message = 'the file cannot be read';
    throw new ConfigurationError(path, [{ path: '', message, hint: 'make it a readable file, or remove it' }], cause);
  }
}

export function hasReference(text: string): boolean {
  return text.search(REFERENCE) >= 0;
}

/** What is wrong with the references in a text, `undefined` when nothing is. */
export function explainBadReference(text: string): string | undefined {
  const rest = text.replaceAll(REFERENCE, '');
  return rest.includes('${')
    ? 'not a reference to an environment variable; write ${NAME} or ${NAME:-default}'
    : undefined;
}

/** The text that a reference falls back to, for all references of a text. */
export function referenceDefaults(text: string): string[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, , fallback]) => (fallback ? [fallback] : []));
}

/**
 * The text with every reference replaced by the variable it names; an empty variable counts as unset.
 *
 * @param onMissing told of each variable that is neither set nor has a default; the reference becomes empty
 */
export function resolveReferences(text: string, environment: Environment, onMissing: (name: string) => void): string {
  return text.replaceAll(REFERENCE, (_, name: string, fallback: string | undefined) => {
    const value = environment[name] || fallback;
    if (value === undefined) onMissing(name);
    return value ?? '';
  });
}

/** How a missing variable is reported. */
export function missingVariable(name: string, path: ValuePath): ConfigProblem {
  return {
    path: formatPath(path),
    message: `environment variable ${name} is not set`,
    hint: `set ${name} in the environment, or in the file .env for local work`,
  };
}

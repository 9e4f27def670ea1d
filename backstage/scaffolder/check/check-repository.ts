import { findIncompleteContents } from './contents.ts';
import { findBrokenDocuments } from './documents.ts';
import { findLeftOvers } from './left-overs.ts';
import { HalfRenderedError, type Problem } from './problem.ts';
import { type RepositoryFiles, readRepository } from './repository-files.ts';

/** All places that the template did not render completely. */
export function findProblems(files: RepositoryFiles): Problem[] {
  return [
    ...findLeftOvers(files, files.get('.template.json') ?? ''),
    ...findBrokenDocuments(files),
    ...findIncompleteContents(files),
  ];
}

/**
 * Makes sure that the template rendered a repository completely.
 *
 * @returns how many files it has
 * @throws HalfRenderedError with all places where it did not
 */
export async function checkRepository(folder: string): Promise<number> {
  const files = await readRepository(folder);
  const problems = findProblems(files);
  if (problems.length > 0) throw new HalfRenderedError(problems);
  return files.size;
}

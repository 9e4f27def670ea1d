/** Why a repository cannot be updated, and what to do about it. */
export class UpdateError extends Error {
  override readonly name = 'UpdateError';
}

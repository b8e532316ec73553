/** What a command ends with. */
export const EXIT = {
  done: 0,
  /** The server refused, or something failed: the sentence says why. Also: `verify` found a breach of a guarantee. */
  failed: 1,
  /** The command was not understood. */
  usage: 2,
  /** Nobody answers at the address. */
  unreachable: 3,
  /** No token, a wrong one, or a role that may not. */
  forbidden: 4,
  /** There is no such user, actor, message, node. */
  notFound: 5,
  /** Done, but some processes did not answer: what is shown may lack what they know. */
  partial: 6,
} as const;

/** An end with a sentence for standard error. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, sentence: string) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

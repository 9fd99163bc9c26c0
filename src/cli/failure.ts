import { ConfigInvalid } from '../config/config.ts';
import type { OutcomeClass } from '../core/outcome/outcome.ts';
import { healsByItself, StoreRefused } from '../core/ports.ts';
import { masked } from '../core/text/masking.ts';

/** The exit codes of every command but `exec`, which passes its child's through. */
export const exitCodes = { done: 0, retry: 1, person: 2, usage: 64, readerGone: 141 } as const;

/** Why a command ended without having done its work. */
export type FailureClass = Exclude<OutcomeClass, 'done'> | 'usage';

/** A command could not do its work; the message is the one sentence that people get to read. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly failureClass: FailureClass;
  /** What `--json` prints besides the message and the class. */
  readonly details: object;
  /** The signal, or the key at a prompt, that a person ended the command with. */
  readonly endedBy: NodeJS.Signals | undefined;

  constructor(
    failureClass: FailureClass,
    message: string,
    options: ErrorOptions & {
      readonly details?: object;
      readonly endedBy?: NodeJS.Signals | undefined;
    } = {},
  ) {
    const { details = {}, endedBy, ...rest } = options;
    super(message, rest);
    this.failureClass = failureClass;
    this.details = details;
    this.endedBy = endedBy;
  }
}

/** Makes a failure of a class by its one sentence. What is put into that is plain: no `Secret`, no object. */
const failing =
  (failureClass: FailureClass) =>
  (sentence: TemplateStringsArray, ...values: readonly (string | number | undefined)[]): Failure =>
    new Failure(failureClass, String.raw({ raw: sentence }, ...values));

/** What was typed cannot be done. */
export const wrongUsage = failing('usage');

/** It may work another time. */
export const tryAgain = failing('retry');

/** It works once somebody has acted. */
export const personNeeded = failing('person');

/** Any error as a failure; of an unexpected one only what cannot quote a stored value. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ConfigInvalid)
    return new Failure('usage', withoutTokens(error.problems.join('; ')));
  if (error instanceof StoreRefused) {
    const passing = healsByItself(error.reason);
    return new Failure(passing ? 'retry' : 'person', error.message, { cause: error });
  }
  // The names of connections are checked where files are named after them.
  if (error instanceof RangeError)
    return new Failure('usage', withoutTokens(error.message), { cause: error });
  const { name, code } = (error ?? {}) as { readonly name?: string; readonly code?: unknown };
  const what = [name, code].filter((part) => typeof part === 'string').join(' ') || 'unknown error';
  return new Failure('retry', `fresco failed unexpectedly (${what}): please report it`, {
    cause: error,
  });
}

/** What was typed may be a token in the wrong place: it is not shown again. */
export function withoutTokens(text: string): string {
  return masked(text).replace(/(?<![\w/.])[acdr]\/[^\s'"]+/g, '[secret]');
}

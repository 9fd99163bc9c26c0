import { createHash } from 'node:crypto';
import type { RotationJob, SecretsManagerModel } from './secrets-manager-model.ts';

/** The steps of a rotation in their order. */
export type RotationStep = 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';

/** What Secrets Manager hands to the rotation function. */
export interface RotationEvent {
  readonly Step: RotationStep;
  /** The secret's ARN. */
  readonly SecretId: string;
  /** The id of the version that is AWSPENDING. */
  readonly ClientRequestToken: string;
  readonly RotationToken: string;
}

/** The rotation function; a rejection is a failed step. */
export type InvokeRotation = (event: RotationEvent) => Promise<unknown>;

/** How Secrets Manager goes about a rotation. */
export interface RotationConduct {
  readonly invoke: InvokeRotation;
  /** How often the whole process is tried; 3 if absent. AWS says "multiple times". */
  readonly attemptsMax?: number;
  /** Runs before each further attempt, for clocks and faults. */
  readonly beforeRetry?: (attempt: number) => Promise<void> | void;
  /** Whether a step arrives once, twice one after the other, or twice at the same time. */
  readonly delivery?: 'once' | 'twice' | 'twice-at-once';
}

/** How a rotation ended. */
export type RotationOutcome =
  | { readonly kind: 'rotated'; readonly attempts: number }
  | { readonly kind: 'tested' }
  /** Every step succeeded and AWSPENDING still sits on a version that isn't current. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'cancelled' }
  /** All attempts failed, the last one at this step; AWSPENDING stays behind. */
  | { readonly kind: 'failed'; readonly step: RotationStep; readonly attempts: number };

const steps: readonly RotationStep[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** Drives an accepted rotation to its end, as the service does; never rejects for a failing step. */
export async function conductRotation(
  model: SecretsManagerModel,
  job: RotationJob,
  conduct: RotationConduct,
): Promise<RotationOutcome> {
  const attemptsMax = conduct.attemptsMax ?? 3;
  for (let attempt = 1; ; attempt += 1) {
    const ended = await runSteps(model, job, conduct);
    if (ended === 'cancelled') return { kind: 'cancelled' };
    if (ended === 'done') return complete(model, job, attempt);
    if (attempt >= attemptsMax) return giveUp(model, job, ended, attempt);
    await conduct.beforeRetry?.(attempt + 1);
  }
}

async function runSteps(
  model: SecretsManagerModel,
  job: RotationJob,
  conduct: RotationConduct,
): Promise<RotationStep | 'done' | 'cancelled'> {
  for (const step of job.kind === 'test' ? (['testSecret'] as const) : steps) {
    if (!model.isRotating(job)) return 'cancelled';
    try {
      await deliver(eventFor(job, step), conduct);
    } catch {
      return step;
    }
  }
  return 'done';
}

async function deliver(event: RotationEvent, conduct: RotationConduct): Promise<void> {
  const { invoke, delivery } = conduct;
  if (delivery === 'twice-at-once') {
    await Promise.all([invoke(event), invoke(event)]);
    return;
  }
  await invoke(event);
  if (delivery === 'twice') await invoke(event);
}

function complete(model: SecretsManagerModel, job: RotationJob, attempts: number): RotationOutcome {
  if (!model.isRotating(job)) return { kind: 'cancelled' };
  if (job.kind === 'test') {
    model.removeTestVersion(job);
    return { kind: 'tested' };
  }
  const ended = model.completeRotation(job);
  return ended === 'rotated' ? { kind: 'rotated', attempts } : { kind: 'incomplete' };
}

function giveUp(
  model: SecretsManagerModel,
  job: RotationJob,
  step: RotationStep,
  attempts: number,
): RotationOutcome {
  if (job.kind === 'test' && model.isRotating(job)) model.removeTestVersion(job);
  return { kind: 'failed', step, attempts };
}

function eventFor(job: RotationJob, step: RotationStep): RotationEvent {
  const seed = createHash('sha256').update(`${job.secretArn} ${job.versionId}`).digest('hex');
  return {
    Step: step,
    SecretId: job.secretArn,
    ClientRequestToken: job.versionId,
    RotationToken: seed.slice(0, 36),
  };
}

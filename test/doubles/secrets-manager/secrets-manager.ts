import type { ServiceDouble } from '../http/aws-json.ts';
import { SecretsManagerModel } from './secrets-manager-model.ts';
import {
  conductRotation,
  type RotationConduct,
  type RotationOutcome,
} from './secrets-manager-rotation.ts';
import { serveSecretsManager } from './secrets-manager-server.ts';

/** A running double of Secrets Manager: its wire, the model behind it, and the rotations that it drives. */
export interface SecretsManagerDouble extends ServiceDouble {
  /** The model, for what no client can ask for: stale reads, a disabled key, versions that vanish. */
  readonly model: SecretsManagerModel;
  /** Resolves when every rotation started so far has ended; their outcomes in the order of their start. */
  rotationsEnded(): Promise<readonly RotationOutcome[]>;
}

/** What a test may set. */
export interface SecretsManagerOptions {
  readonly nowMs?: () => number;
  /** How rotations are driven; absent: RotateSecret leaves AWSPENDING and nothing follows. */
  readonly rotation?: RotationConduct;
}

/** Starts a double of Secrets Manager on loopback, empty. */
export async function startSecretsManager(
  options: SecretsManagerOptions = {},
): Promise<SecretsManagerDouble> {
  const { nowMs = Date.now, rotation } = options;
  const rotations: Promise<RotationOutcome>[] = [];
  const model: SecretsManagerModel = new SecretsManagerModel({
    nowMs,
    ...(rotation === undefined
      ? {}
      : {
          startRotation: (job) => rotations.push(soon(() => conductRotation(model, job, rotation))),
        }),
  });
  const server = await serveSecretsManager(model, nowMs);
  return { ...server, model, rotationsEnded: () => Promise.all(rotations) };
}

/** After RotateSecret's own answer: a rotation is asynchronous, its caller never sees a step's failure. */
async function soon<T>(work: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve));
  return work();
}

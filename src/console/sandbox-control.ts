/** A fault that is on. */
export interface FaultOn {
  readonly on: string;
  readonly kind: string;
  readonly status?: number;
  readonly times?: number;
  /** How many requests it has spoiled. */
  readonly served: number;
}

/** The sandbox's own counts since its start. */
export interface SandboxCounters {
  readonly tokenRequests: number;
  readonly webhooksDelivered: number;
}

/** What is done to the sandbox, and asked of it, over its control API. */
export interface SandboxControl {
  /** Does one thing of `/_sandbox/*`; rejects with `SandboxRefused`. */
  post(path: string, body: unknown): Promise<void>;
  /** Faults that still spoil requests. */
  faults(): Promise<readonly FaultOn[]>;
  counters(): Promise<SandboxCounters>;
}

/** The sandbox did not do what it was asked to; the message is for people. */
export class SandboxRefused extends Error {
  override readonly name = 'SandboxRefused';
}

/** The control API of the sandbox at `url`. */
export function sandboxControl(url: string): SandboxControl {
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const answer = await fetch(`${url}/_sandbox/${path}`, init).catch((cause: unknown) => {
      throw new SandboxRefused(`the sandbox at ${url} does not answer`, { cause });
    });
    if (!answer.ok) throw new SandboxRefused(`the sandbox refused ${path} with ${answer.status}`);
    return answer.json();
  };
  return {
    post: async (path, body) => {
      const headers = { 'content-type': 'application/json', 'sandbox-control': '1' };
      await ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
    },
    faults: async () => {
      const faults = (await ask('faults')) as readonly FaultOn[];
      return faults.filter(({ served, times }) => times === undefined || served < times);
    },
    counters: async () => ((await ask('state')) as { counters: SandboxCounters }).counters,
  };
}

import type { SyncCompletedDetail, SyncCounts } from '../events/event.ts';
import { StoreRefused } from '../ports.ts';
import { isPassing } from '../retry.ts';
import { toRfc3339 } from '../time.ts';
import { type Halt, SyncBudget } from './budget.ts';
import { type SyncSettings, syncCompany } from './company.ts';
import type { Stamp, SyncPorts } from './ports.ts';
import { type LeftOut, newRecord, SyncSession } from './record.ts';

/** Begins a sync, or goes on with one that has not been superseded. */
export type SyncRequest =
  /** With a stamp, everything from there on is published again. */
  | { readonly kind: 'start'; readonly since?: Stamp }
  | { readonly kind: 'resume'; readonly id: string };

/** How a pass ends. */
export type SyncOutcome =
  | { readonly kind: 'completed'; readonly detail: SyncCompletedDetail }
  /** Time or quota are spent, or something fails: the sync goes on at `resumeAtMs`; `null`: with the next one. */
  | {
      readonly kind: 'paused';
      readonly id: string;
      readonly resumeAtMs: number | null;
      readonly why: readonly string[];
      readonly counts: SyncCounts;
      /** Nothing could be read in this pass. */
      readonly isSilent: boolean;
    }
  /** It has ended and is not complete: these were not read; the others are published. */
  | {
      readonly kind: 'incomplete';
      readonly id: string;
      readonly unread: readonly LeftOut[];
      readonly counts: SyncCounts;
    }
  | { readonly kind: 'person-needed'; readonly detail: string }
  /** Another sync has begun since, another pass is at work, or this sync is complete. */
  | { readonly kind: 'superseded' };

/** How the beginning of a sync ends. */
export type SyncBeginning =
  | { readonly kind: 'begun'; readonly id: string }
  | { readonly kind: 'superseded' };

/**
 * Begins a sync without a pass, for a caller with a queue: a pass that dies comes again with its message and goes
 * on where it was. Rejects with `StoreRefused`, and may then be called again.
 */
export async function beginSync(ports: SyncPorts): Promise<SyncBeginning> {
  const page = await openPage(ports, { kind: 'start' });
  if (page === undefined || (await page.save()) === 'conflict') return { kind: 'superseded' };
  return { kind: 'begun', id: page.record.id };
}

/**
 * One pass of a sync: tells what has changed in every list and bin, as far as time and quota allow. What is
 * published is on the bus before it is noted, so that after a crash it is published again and never left out.
 */
export async function syncPass(
  ports: SyncPorts,
  settings: SyncSettings,
  request: SyncRequest,
): Promise<SyncOutcome> {
  let page: SyncSession | undefined;
  try {
    page = await openPage(ports, request);
    return page === undefined ? { kind: 'superseded' } : await passOver(ports, settings, page);
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    if (page === undefined || !isPassing(error)) {
      if (!isPassing(error)) return { kind: 'person-needed', detail: error.message };
      throw error;
    }
    return pausedByFailure(ports, page, error.message);
  }
}

// A list must not get longer at its end while it is read: then nothing shows that others have moved up.
const lagMs = 2000;

function openPage({ store, feed, random, clock }: SyncPorts, request: SyncRequest) {
  return SyncSession.open(store, (stored) => {
    if (request.kind === 'resume') {
      return stored?.id === request.id && !stored.isComplete ? stored : undefined;
    }
    const id = Buffer.from(random.bytes(8)).toString('hex');
    const startedAtMs = clock.nowMs();
    const { since = null } = request;
    return newRecord({ id, startedAtMs, until: feed.stampAt(startedAtMs - lagMs), since });
  });
}

async function passOver(
  ports: SyncPorts,
  settings: SyncSettings,
  page: SyncSession,
): Promise<SyncOutcome> {
  if ((await page.save()) === 'conflict') return { kind: 'superseded' };
  const obtained = await ports.tokens.obtain();
  if (obtained.kind === 'person-needed') return obtained;
  if (obtained.kind !== 'token') {
    const detail = obtained.kind === 'unavailable' ? obtained.detail : 'the token is about to end';
    return pausedByFailure(ports, page, detail);
  }
  const { companies } = obtained.token;
  if (companies.length === 0) {
    return { kind: 'person-needed', detail: 'the token names no company: run fresco login again' };
  }
  const halts: Halt[] = [];
  const budget = new SyncBudget(ports.clock, settings.bounds);
  for (const company of companies) {
    budget.nextCompany();
    const end = await syncCompany({ ports, settings, page, budget, companies, company }, halts);
    if (end?.kind === 'person') return saved(page, { kind: 'person-needed', detail: end.detail });
    if (end?.kind === 'taken') return { kind: 'superseded' };
    if (end?.kind === 'halt') break;
  }
  if (halts.length > 0) return paused(ports, page, halts, budget.isSilent);
  return complete(ports, settings, page, companies.length);
}

const failuresMax = 8;
const firstRetryMs = 60_000;

/** A pass that fails as a whole and gets nowhere comes again ever later, and at last with the next sync. */
async function pausedByFailure(
  ports: SyncPorts,
  page: SyncSession,
  detail: string,
): Promise<SyncOutcome> {
  const failures = (page.record.failures['pass'] ?? 0) + 1;
  page.amend((record) => ({ ...record, failures: { ...record.failures, pass: failures } }));
  if ((await page.save()) === 'conflict') return { kind: 'superseded' };
  const retryAtMs = ports.clock.nowMs() + firstRetryMs * 2 ** (failures - 1);
  const resumeAtMs = failures < failuresMax ? retryAtMs : null;
  return paused(ports, page, [{ reason: 'failed', resumeAtMs, detail }], true);
}

async function saved(page: SyncSession, outcome: SyncOutcome): Promise<SyncOutcome> {
  return (await page.save()) === 'conflict' ? { kind: 'superseded' } : outcome;
}

async function paused(
  { clock }: SyncPorts,
  page: SyncSession,
  halts: readonly Halt[],
  isSilent: boolean,
): Promise<SyncOutcome> {
  const moments = halts.flatMap(({ resumeAtMs }) => resumeAtMs ?? []);
  const { id, counts } = page.record;
  const resumeAtMs = moments.length === 0 ? null : Math.max(clock.nowMs(), Math.min(...moments));
  const why = [...new Set(halts.map(({ detail }) => detail))];
  return { kind: 'paused', id, resumeAtMs, why, counts, isSilent };
}

async function complete(
  { bus, clock }: SyncPorts,
  { connection }: SyncSettings,
  page: SyncSession,
  companies: number,
): Promise<SyncOutcome> {
  const { id, startedAtMs, counts, resources, skipped, unread, done } = page.record;
  // A sync that may read nothing at all has told nothing of anything.
  const isBlind = skipped.length === done.length && counts.pages === 0;
  const left = unread.length === 0 && isBlind ? skipped : unread;
  if (left.length > 0) {
    page.amend((record) => ({ ...record, isComplete: true }));
    return saved(page, { kind: 'incomplete', id, unread: left, counts });
  }
  const seconds = Math.max(0, Math.round((clock.nowMs() - startedAtMs) / 1000));
  const startedAt = toRfc3339(startedAtMs);
  const facts = { id, startedAt, seconds, companies, ...counts, resources, skipped };
  const detail: SyncCompletedDetail = { v: 1, connection, ...facts };
  await bus.publish([{ detailType: 'Sync Completed', detail: { ...detail } }]);
  page.amend((record) => ({ ...record, isComplete: true }));
  return saved(page, { kind: 'completed', detail });
}

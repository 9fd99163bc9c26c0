import * as v from 'valibot';
import { StoreRefused } from '../ports.ts';

// What is stored is read back as it was, fields of a newer program included: a schema only looks.
/* @__NO_SIDE_EFFECTS__ */
function record<const T extends v.ObjectEntries>(fields: T) {
  return v.pipe(v.object(fields), v.readonly());
}

/* @__NO_SIDE_EFFECTS__ */
function listOf<const T extends v.GenericSchema>(item: T) {
  return v.pipe(v.array(item), v.readonly());
}

const text = v.pipe(v.string(), v.nonEmpty());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
// A journal written by 0.1.0 may have a fraction of a millisecond in it.
const instant = v.pipe(v.number(), v.finite());
const positionFields = { grant: count, generation: count, attempt: count };
const position = record(positionFields);

const lease = record({ owner: text, fence: count, expiresAtMs: instant });

/** The right to refresh, held by one process for one term. */
export type Lease = v.InferOutput<typeof lease>;

const openSend = record({ versionId: text, attempt: count, sentAtMs: instant });

/** One send of a refresh token whose answer is not on record; its version, if ever kept, has this id. */
export type OpenSend = v.InferOutput<typeof openSend>;

const dispatch = record({ parent: position, sends: listOf(openSend) });

/** Refresh tokens on their way: sends from one parent, oldest first, none of them answered as far as we know. */
export type Dispatch = v.InferOutput<typeof dispatch>;

const doubt = record({
  clientVersionId: text,
  /** What the provider said, without secrets. */
  said: v.string(),
});

/** A refusal that may mean the application as well: it holds for this version of its credentials alone. */
export type Doubt = v.InferOutput<typeof doubt>;

const latch = record({
  kind: v.literal('revoked'),
  position,
  sinceMs: instant,
  doubt: v.exactOptional(doubt),
});

/** A reason not to send until a person has acted; it holds for what it names and for nothing newer. */
export type Latch = v.InferOutput<typeof latch>;

const httpFacts = {
  status: count,
  /** A media type of a closed list, or that it is another. */
  contentType: v.string(),
};

/** What may be shown of an HTTP answer. */
export type HttpFacts = Readonly<v.InferOutput<v.ObjectSchema<typeof httpFacts, undefined>>>;

const observed = {
  /** Since when it has answered so. */
  sinceMs: instant,
  /** When it did so last. */
  atMs: instant,
  /** It was answered often enough for a person to hear of it. */
  needsPerson: v.boolean(),
};

const badAnswer = v.variant('kind', [
  record({
    ...observed,
    kind: v.literal('application-refused'),
    clientVersionId: text,
    said: v.string(),
    /** It did not say whether it means the application or the refresh token. */
    inDoubt: v.boolean(),
  }),
  // Not what a token endpoint says; the token is unspent.
  record({
    ...observed,
    kind: v.literal('unexpected'),
    ...httpFacts,
    missing: v.exactOptional(v.string()),
  }),
  // Not readable as an answer; the token may be spent.
  record({ ...observed, kind: v.literal('unusable'), ...httpFacts }),
]);

/** What the token endpoint answers in place of tokens; never its body. */
export type BadAnswer = v.InferOutput<typeof badAnswer>;

const canary = record({
  position,
  verdict: v.picklist(['accepted', 'rejected', 'unknown']),
  sinceMs: instant,
  atMs: instant,
  /** It has said so from its first look on. */
  fromFirst: v.boolean(),
  /** When a manual token was last checked in full, its permissions too; no complaint does that. */
  checkedAtMs: v.exactOptional(instant),
});

/** What the canary said of one published token: since when it has said so, and when it was last asked. */
export type CanaryRecord = v.InferOutput<typeof canary>;

const policy = v.variant('kind', [
  record({ kind: v.literal('reusable') }),
  record({ kind: v.literal('grace'), seconds: count }),
  record({ kind: v.literal('single-use') }),
  record({ kind: v.literal('unknown') }),
]);
const measured = record({ provider: text, policy, atMs: instant });

/** What a probe has measured of one provider; it holds for that one alone. */
export type MeasuredPolicy = v.InferOutput<typeof measured>;

const historyEntry = record({
  atMs: instant,
  outcome: v.string(),
  generation: count,
  /** What the provider answered, where that was not what a token endpoint says. */
  answer: v.exactOptional(v.string()),
});

/** One line of `fresco history`: no values. */
export type HistoryEntry = v.InferOutput<typeof historyEntry>;

const journal = record({
  lease: v.nullable(lease),
  /** The highest fence ever given. */
  fence: count,
  /** The newest position that the grant's secret is known to have had as its current one. */
  known: v.nullable(position),
  /** `null`: idle. */
  dispatch: v.nullable(dispatch),
  /** The highest attempt number ever given. */
  lastAttempt: count,
  seals: listOf(record({ ...positionFields, versionId: text, box: text })),
  latch: v.nullable(latch),
  /** The latch (by its `sinceMs`) for which a person was called last, and which pass did. */
  called: v.nullable(record({ forMs: instant, by: text })),
  /** The first `invalid_grant` for a position: the second at a later check latches. */
  refusal: v.nullable(record({ position, atMs: instant, doubt: v.exactOptional(doubt) })),
  /** The last answer that was neither tokens nor a refusal of the token; `null` once there are tokens again. */
  badAnswer: v.nullable(badAnswer),
  /** The version of the application's credentials that the provider accepted last. */
  acceptedClient: v.nullable(text),
  /** No send before this moment (Retry-After). */
  retryAtMs: v.nullable(instant),
  pausedAtMs: v.nullable(instant),
  canary: v.nullable(canary),
  /** Sends of the last day, for the quota of versions. */
  sentAtMs: listOf(instant),
  /** The published token whose death has lifted the limit of refreshes on demand. */
  liftedFor: v.nullable(position),
  /** Since when passes have failed. */
  failingSinceMs: v.nullable(instant),
  history: listOf(historyEntry),
  /** `null`: nothing was measured, the provider's description stands. */
  measured: v.nullable(measured),
});

/** All that must be known consistently about one connection; no token in it can be read without the grant. */
export type Journal = v.InferOutput<typeof journal>;

/** The journal of a connection of which nothing is on record. */
export const emptyJournal: Journal = {
  lease: null,
  fence: 0,
  known: null,
  dispatch: null,
  lastAttempt: 0,
  seals: [],
  latch: null,
  called: null,
  refusal: null,
  badAnswer: null,
  acceptedClient: null,
  retryAtMs: null,
  pausedAtMs: null,
  canary: null,
  sentAtMs: [],
  liftedFor: null,
  failingSinceMs: null,
  history: [],
  measured: null,
};

/**
 * A journal as it was stored. What an earlier program did not note is as in a journal where nothing happened;
 * what cannot be read is refused by name, since a guess could spend a token twice: `StoreRefused` ('damaged').
 */
export function journalFrom(fields: Readonly<Record<string, unknown>>, name: string): Journal {
  const stored = { ...emptyJournal, ...fields, ...ofOldLatch(fields['latch']) };
  const { issues } = v.safeParse(journal, stored);
  if (issues === undefined) return stored;
  const places = [...new Set(issues.map(({ path }) => `"${path?.[0].key}"`))].join(', ');
  throw new StoreRefused('damaged', `${name} is damaged at ${places}: restore it from a backup`);
}

const oldLatch = v.object({
  kind: v.literal('misconfigured'),
  clientVersionId: text,
  error: v.string(),
  sinceMs: instant,
});

/** Version 0.1.0 latched on an application that was refused, and called a person at once. */
function ofOldLatch(stored: unknown): Partial<Journal> {
  if (!v.is(oldLatch, stored)) return {};
  const { clientVersionId, error: said, sinceMs } = stored;
  const asked = { sinceMs, atMs: sinceMs, needsPerson: true, inDoubt: false };
  return {
    latch: null,
    badAnswer: { kind: 'application-refused', clientVersionId, said, ...asked },
  };
}

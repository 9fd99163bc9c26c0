// Goal: everything that can go wrong at one port call, by name, so that a matrix can list it.
// Method: each fault says at which calls it can happen; the world carries it out when that call has its turn.

/** A port call, as `<port>.<method>`. */
export type CallLabel =
  | 'journal.read'
  | 'journal.write'
  | `${SecretName}.${SecretMethod}`
  | 'client.read'
  | 'endpoint.refresh'
  | 'canary.check'
  | 'reporter.report'
  | 'code.exchange'
  | 'consents.read'
  | 'consents.write'
  | 'consent.exchange'
  | 'companies.list';

export type SecretName = 'grant' | 'accessToken' | 'client';
export type SecretMethod = 'current' | 'version' | 'put' | 'promote' | 'putPending' | 'dropPending';

const everyCall = () => true;
const isWrite = (label: CallLabel) => /\.(write|put|promote|putPending|dropPending)$/.test(label);
const isStore = (label: CallLabel) => isWrite(label) || /\.(read|current|version)$/.test(label);
const isSecretRead = (label: CallLabel) => /\.(current|version)$/.test(label);
const isSecret = (label: CallLabel) => label.startsWith('grant.') || label.startsWith('accessT');
/** The store of the journal, a secret, or the bus that events go to. */
const isReport = (label: CallLabel) => label === 'reporter.report';
const isRequest = (label: CallLabel) => label === 'endpoint.refresh';
const isCanary = (label: CallLabel) => label === 'canary.check';
const isExchange = (label: CallLabel) => isRequest(label) || label === 'consent.exchange';

/** Every fault, and the calls at which it can happen. */
export const faults = {
  /** The process dies before the call leaves it. */
  'dies before': everyCall,
  /** The process dies after the call took effect and before its answer. */
  'dies after': everyCall,
  /** Seconds pass before the call takes effect. */
  'is slow': everyCall,
  /** Seconds pass between effect and answer. */
  'is answered slowly': everyCall,
  /** The process stands still until its host kills it at its timeout. */
  'is paused and killed': everyCall,
  /** It stands still beyond its lease's term before the call takes effect, on a host that lets it live. */
  'is paused and lives': everyCall,
  /** The same between effect and answer. */
  'is answered late and lives': everyCall,
  /** Its host is suspended, and its monotonic clock with it. */
  'is suspended': everyCall,
  /** The wall clock of this process jumps by hours. */
  'clock jumps forward': everyCall,
  'clock jumps back': everyCall,
  /** A store refuses and has done nothing. */
  'is refused': (label) => isStore(label) || isReport(label),
  'is throttled': isStore,
  'is denied': isStore,
  /** A store has done it and says otherwise. */
  'is refused after effect': (label) => isWrite(label) || isReport(label),
  /** This store refuses everything for seconds, or for minutes. */
  'is down shortly': isStore,
  'is down long': isStore,
  /** Secrets and journal refuse together, for minutes. */
  'all stores are down': isStore,
  /** Reads of this secret are behind by one write, or see nothing, for some reads. */
  'reads are behind': isSecretRead,
  'reads see nothing': isSecretRead,
  /** Versions without a label vanish before this call. */
  'unlabelled versions vanish': isSecret,
  /** The server commits and nothing of its answer arrives. */
  'answer is lost': isExchange,
  /** The request gets lost. */
  'request is lost': isRequest,
  'server fails before commit': isRequest,
  'server fails after commit': isRequest,
  /** The client gives up, and the server commits only then. */
  'server commits late': isRequest,
  'server throttles': isRequest,
  'nothing is sent': isExchange,
  'client is refused': isRequest,
  /** The application gets another secret at the provider just before. */
  'secret is changed': isRequest,
  'answer is odd': isRequest,
  'lifetime is odd': isRequest,
  /** The person takes the consent back just before. */
  'consent is revoked': isRequest,
  'canary cannot ask': (label) => isCanary(label) || label === 'companies.list',
  'canary is wrong': isCanary,
} as const satisfies Record<string, (label: CallLabel) => boolean>;

/** The name of a fault. */
export type FaultKind = keyof typeof faults;

/** All names, in the order of the table. */
export const faultKinds = Object.keys(faults) as readonly FaultKind[];

const applicable = new Map<CallLabel, readonly FaultKind[]>();

/** The faults that can happen at a call. */
export function faultsAt(label: CallLabel): readonly FaultKind[] {
  const known = applicable.get(label);
  if (known !== undefined) return known;
  const kinds = faultKinds.filter((kind) => faults[kind](label));
  applicable.set(label, kinds);
  return kinds;
}

/** A fault of a history: at the n-th port call of an actor, or at its first one of a kind; by name or by a number that picks one there. */
export interface PlannedFault {
  readonly actor: number;
  readonly call: number | CallLabel;
  readonly kind: FaultKind | number;
  /** How long it stands still, where it does; absent: as long as chance wants. */
  readonly forMs?: number;
}

/** The fault that a plan means at this call; `undefined` where it cannot happen. */
export function faultMeant(kind: FaultKind | number, label: CallLabel): FaultKind | undefined {
  const kinds = faultsAt(label);
  if (typeof kind === 'number') return kinds[Math.floor(kind * kinds.length)];
  return kinds.includes(kind) ? kind : undefined;
}

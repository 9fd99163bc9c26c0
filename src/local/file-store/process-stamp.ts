import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Where and as what a process runs; '0' for what this system does not tell. */
interface ProcessIdentity {
  readonly host: string;
  readonly boot: string;
  readonly pidNamespace: string;
  readonly pid: string;
  readonly startTicks: string;
}

/**
 * A text unlike any other that says which process made it: host, boot, pid namespace, pid, start time and
 * random bytes. Safe as a file name.
 */
export function stampProcess(): string {
  const { host, boot, pidNamespace, pid, startTicks } = thisProcess();
  return [host, boot, pidNamespace, pid, startTicks, randomBytes(6).toString('hex')].join('.');
}

/** Whether the process that made the stamp is certainly dead; false for a text that is no stamp. */
export function isDeadStamp(stamp: string): boolean {
  const other = parseStamp(stamp);
  if (other === undefined) return false;
  const own = thisProcess();
  if (other.host !== own.host) return false;
  if (areKnown(other.boot, own.boot) && other.boot !== own.boot) return true;
  // A process of another container cannot be seen from here, alive or not.
  if (other.pidNamespace !== own.pidNamespace) return false;
  return !isRunning(other);
}

/** Whether this process could see the one that made the stamp: same host, and not in another container. */
export function isVisibleStamp(stamp: string): boolean {
  const other = parseStamp(stamp);
  const own = thisProcess();
  return other?.host === own.host && other.pidNamespace === own.pidNamespace;
}

/** The pid in a stamp, for messages to people. */
export function pidOfStamp(stamp: string): string | undefined {
  return parseStamp(stamp)?.pid;
}

// Each write of a store asks for it. Of it only the host's name may change while a process lives, as by DHCP: later
// processes have the new one.
let own: { readonly name: string; readonly identity: ProcessIdentity } | undefined;

function thisProcess(): ProcessIdentity {
  const name = hostname();
  if (own?.name !== name) own = { name, identity: identityOn(name) };
  return own.identity;
}

function identityOn(name: string): ProcessIdentity {
  const machine = readLine('/etc/machine-id') ?? '';
  const hash = createHash('sha256').update(`${machine} ${name}`).digest('hex');
  return {
    host: hash.slice(0, 12),
    boot: readLine('/proc/sys/kernel/random/boot_id')?.replaceAll('-', '').slice(0, 12) ?? '0',
    pidNamespace: pidNamespace(),
    pid: String(process.pid),
    startTicks: processState('self')?.startTicks ?? '0',
  };
}

function parseStamp(stamp: string): ProcessIdentity | undefined {
  const match = /^([0-9a-f]{12})\.([0-9a-f]{12}|0)\.(\d+)\.(\d+)\.(\d+)\.[0-9a-f]{12}$/.exec(stamp);
  if (match === null) return undefined;
  const [, host = '', boot = '', pidNamespace = '', pid = '', startTicks = ''] = match;
  return { host, boot, pidNamespace, pid, startTicks };
}

function isRunning(other: ProcessIdentity): boolean {
  try {
    process.kill(Number(other.pid), 0);
  } catch (error) {
    // EPERM: it exists and is another user's. /proc may hide those, the signal does not.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const state = processState(other.pid);
  if (state === undefined) return true;
  // A zombie has run its last instruction and only waits for its parent.
  if (state.letter === 'Z' || state.letter === 'X') return false;
  return !areKnown(state.startTicks, other.startTicks) || state.startTicks === other.startTicks;
}

/** State and start time (clock ticks since boot) of proc_pid_stat(5). */
function processState(pid: string): { letter: string; startTicks: string } | undefined {
  const line = readLine(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, and may hold blanks and brackets itself.
  const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ') ?? [];
  const [letter] = fields;
  const startTicks = fields[19];
  return letter === undefined || startTicks === undefined ? undefined : { letter, startTicks };
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

function readLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function areKnown(one: string, other: string): boolean {
  return one !== '0' && other !== '0';
}

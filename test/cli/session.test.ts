import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/cli/session.ts';

const interruption = /^interrupted before it was done; nothing is left behind$/;

/** What a signal does, without one that would end the test runner too. */
function signal(): void {
  process.emit('SIGTERM', 'SIGTERM');
}

describe('a session', () => {
  it('closes what was opened, the last first, and removes its folder after that', async () => {
    const session = new Session();
    const path = await session.folder();
    const closed: string[] = [];
    await session.closes(() => void closed.push(`first, folder there: ${existsSync(path)}`));
    await session.closes(async () => void closed.push('second'));
    await session.end();
    expect(closed).toEqual(['second', 'first, folder there: true']);
    expect(existsSync(path)).toBe(false);
  });

  it('cuts work short at a signal, and waits until it has seen that', async () => {
    const session = new Session();
    const steps: string[] = [];
    let release = () => {};
    const work = new Promise<void>((resolve) => {
      release = resolve;
    }).then(() => void steps.push('the work ended'));
    const step = session.step(work);
    signal();
    await expect(step).rejects.toThrow(interruption);
    await session.closes(() => release());
    await session.end();
    expect(steps).toEqual(['the work ended']);
  });

  it('closes at once what is opened too late, and goes no further', async () => {
    const session = new Session();
    await session.end();
    let isClosed = false;
    const late = session.closes(() => {
      isClosed = true;
    });
    await expect(late).rejects.toThrow(interruption);
    expect(isClosed).toBe(true);
    expect(existsSync(await session.folder())).toBe(false);
  });

  it('answers with what the work brings where nobody interrupts it', async () => {
    const session = new Session();
    expect(await session.step(Promise.resolve('done'))).toBe('done');
    await session.end();
  });

  it('hears no signals before it begins and after it has ended', async () => {
    const before = process.listenerCount('SIGTERM');
    const session = new Session();
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    await session.end();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('has ended where a signal came before anybody asked', async () => {
    const session = new Session();
    signal();
    await session.ended();
    expect(session.signal.aborted).toBe(true);
    await session.end();
  });
});

import { describe, expect, it, vi } from 'vitest';
import { functionLog } from '../../../src/aws/reporting/function-log.ts';

describe('a log line of a function', () => {
  it('is one line of JSON in which nothing commands a terminal that shows it', () => {
    const lines: string[] = [];
    const listen = (chunk: unknown) => lines.push(String(chunk)) > 0;
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation(listen);
    const sink = 'x\u001b[31m\u009b2J\n\u202egnp\u2028';
    functionLog('rotator').info(`of ${sink}`, { sink, at: ['è', sink] });
    spy.mockRestore();
    const [line = ''] = lines;
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
    const shown = 'x\u001b[31m\\u009b2J\n\\u202egnp\\u2028';
    expect(JSON.parse(line)).toMatchObject({
      message: `of ${shown}`,
      sink: shown,
      at: ['è', shown],
    });
  });
});

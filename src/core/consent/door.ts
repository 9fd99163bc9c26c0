import { healsByItself, StoreRefused } from '../ports.ts';
import { begin } from './begin.ts';
import { finish } from './finish.ts';
import { accountName, opening } from './opening.ts';
import type { ConsentPorts } from './ports.ts';
import type { ConsentAnswer, ConsentDoor, ConsentRequest } from './request.ts';

/** The door of one connection: a person without rights gives the consent that it needs. */
export function consentDoor(ports: ConsentPorts): ConsentDoor {
  return async (request) => {
    try {
      return await answerTo(ports, request);
    } catch (error) {
      if (!(error instanceof StoreRefused)) throw error;
      ports.note(`a store refused (${error.reason}): ${error.message}`);
      return { kind: 'failed', next: healsByItself(error.reason) ? 'later' : 'operator' };
    }
  };
}

/** What is said of a connection that there is not: the same as of one that needs nobody. */
export function answerForNone(request: ConsentRequest): ConsentAnswer {
  if (request.step === 'finish') return { kind: 'expired' };
  return { kind: request.ticket === undefined ? 'nothing-to-do' : 'closed' };
}

async function answerTo(ports: ConsentPorts, request: ConsentRequest): Promise<ConsentAnswer> {
  switch (request.step) {
    case 'look':
      return look(ports, request);
    case 'begin':
      return begin(ports, request);
    case 'finish':
      return finish(ports, request);
  }
}

async function look(
  ports: ConsentPorts,
  { ticket: given }: Extract<ConsentRequest, { step: 'look' }>,
): Promise<ConsentAnswer> {
  const found = await opening(ports, given);
  if (typeof found === 'string') return { kind: found };
  const { ticket, companies } = found;
  const expects = ticket?.anyCompany === true ? '' : accountName(companies);
  return {
    kind: 'open',
    ...(expects !== '' && { expects }),
    ...(ticket && { untilMs: ticket.expiresAtMs }),
  };
}

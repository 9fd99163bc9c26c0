import type { EntityId, Notification } from '../../core/webhooks/notification.ts';
import type { EntityRead, EntityReader } from '../../core/webhooks/ports.ts';
import { type EventType, entityPath, findEventType } from '../webhooks/event-types.ts';
import type { ApiAnswer } from './answer.ts';
import type { ApiClient } from './client.ts';

/** Reads the entities of notifications at their place in the API; one request for each call. */
export function entityReader(api: ApiClient): EntityReader {
  return {
    read: async (notification, id) => {
      const type = findEventType(notification.type);
      if (type === undefined) {
        return { kind: 'forbidden', detail: `there is no event type ${notification.type}` };
      }
      return readEntity(api, type, notification, id);
    },
  };
}

async function readEntity(
  api: ApiClient,
  type: EventType,
  { companyId }: Notification,
  id: EntityId,
): Promise<EntityRead> {
  const path = entityPath(type.resource, companyId, id);
  return entityRead(await api.send({ method: 'GET', path }), type, companyId);
}

function entityRead(answer: ApiAnswer, type: EventType, companyId: number): EntityRead {
  switch (answer.kind) {
    case 'ok':
      return typeof answer.body?.['data'] === 'object' && answer.body['data'] !== null
        ? { kind: 'entity', entity: answer.body['data'], ...quotaLeft(answer) }
        : { kind: 'failed', detail: 'the API answered without an entity' };
    case 'no-permission':
      return {
        kind: 'forbidden',
        detail: `the token lacks ${type.scopes.join(' or ')} for company ${companyId}: log in again with it`,
      };
    case 'no-access':
      return {
        kind: 'forbidden',
        detail: `the token does not reach company ${companyId}: log in again and choose it`,
      };
    case 'invalid':
      return { kind: 'failed', detail: `the API answered ${answer.status}: ${answer.message}` };
    case 'absent':
    case 'wait':
    case 'licence-expired':
    case 'no-token':
    case 'failed':
      return answer;
  }
}

/** The smaller of the hour's and the month's rest; the provider tells nothing of its five minutes. */
function quotaLeft({ quota = {} }: Extract<ApiAnswer, { kind: 'ok' }>): { quotaLeft?: number } {
  const left = Object.values(quota).map(({ remaining }) => remaining);
  return left.length === 0 ? {} : { quotaLeft: Math.min(...left) };
}

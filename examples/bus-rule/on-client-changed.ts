import { ClientsApi, Configuration } from '@fattureincloud/fattureincloud-ts-sdk';
import type { EventBridgeEvent } from 'aws-lambda';
import { type EntityChangedDetail, type TokenSource, tokenSource } from 'fic-fresco';

/** What this example makes of an event; put your own work in its place. */
export type Done =
  | { readonly kind: 'deleted'; readonly id: EntityChangedDetail['id'] }
  | {
      readonly kind: 'changed';
      readonly id: EntityChangedDetail['id'];
      readonly name: string | null | undefined;
    };

let source: TokenSource | undefined;

/** The target of a rule for `Entity Changed` of clients. EventBridge may deliver an event twice. */
export async function handler(
  event: EventBridgeEvent<'Entity Changed', EntityChangedDetail>,
): Promise<Done> {
  const { company, id, change } = event.detail;
  if (change === 'delete') return { kind: 'deleted', id };
  source ??= tokenSource();
  const { token } = source;
  // The SDK asks at each request; the source answers from memory until its token is about to end.
  const configuration = new Configuration({
    accessToken: () => token(),
    basePath: process.env['FRESCO_PROVIDER_URL'] ?? 'https://api-v2.fattureincloud.it',
  });
  // The event holds the client too, as it was when the event was made; this is the client as it is now.
  const { data } = await new ClientsApi(configuration).getClient(company, Number(id));
  return { kind: 'changed', id, name: data.data?.name };
}

import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { parseConfig } from '../src/config/config.ts';
import { buildConnectSite, type ConnectSite, requestIn } from '../src/lambda/connect.ts';

let site: ConnectSite | undefined;

/** Shows the pages on which a person consents by a link; it can ask the rotator's alias `consent`, and nothing else. */
export async function handler(event: unknown): Promise<APIGatewayProxyStructuredResultV2> {
  site ??= buildConnectSite(parseConfig('connect', process.env));
  const { status, headers, body } = await site(requestIn(event));
  const { 'set-cookie': cookie, ...others } = headers;
  return {
    statusCode: status,
    headers: others,
    body,
    ...(cookie !== undefined && { cookies: [cookie] }),
  };
}

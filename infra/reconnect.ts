import { Duration } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type Config, toEnvironment } from '../src/config/config.ts';
import type { HttpEntrance } from './http-entrance.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** What stands behind the pages for consent. */
export interface ReconnectProps {
  readonly entrance: HttpEntrance;
  readonly settings: Config<'connect'>;
  readonly defaults: FunctionDefaults;
  /** Whether this account has concurrent executions to reserve. */
  readonly reserves: boolean;
}

const { GET, POST } = HttpMethod;
const throttled = (path: string, method: HttpMethod, rateLimit: number, burstLimit: number) => {
  return { path, methods: [method], throttle: { rateLimit, burstLimit } };
};
const routes = [
  throttled('/connect/{connection}', GET, 2, 5),
  throttled('/connect/{connection}', POST, 1, 3),
  throttled('/connect/callback', GET, 1, 3),
];

/**
 * The pages on which a person consents by a link. Their function can invoke the rotator's alias `consent` and do
 * nothing else. Each request holds a rotator for a moment, so that few are let in: eleven may begin at the same
 * time, and then four a second, whatever comes; a webhook has limits of its own.
 */
export class Reconnect extends Construct {
  constructor(scope: Construct, id: string, props: ReconnectProps) {
    super(scope, id);
    const { entrance, settings } = props;
    const pages = new ServiceFunction(this, 'Connect', {
      edge: 'connect',
      description: 'Fresco: shows the pages on which a person consents',
      defaults: props.defaults,
      environment: toEnvironment('connect', settings),
      timeout: Duration.seconds(29),
      // What the API lets in has a place: a request that Lambda throttles would be a 5xx, which rings.
      reservedConcurrency: props.reserves
        ? routes.reduce((sum, { throttle }) => sum + throttle.burstLimit, 0)
        : undefined,
    });
    pages.allow(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [settings.consentAlias],
      }),
    );
    entrance.open(pages, 'Connect', routes);
  }
}

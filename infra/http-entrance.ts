import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnStage,
  HttpApi,
  type HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

/** How many requests a route takes: per second on average, and at once. */
export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

/** A path of the API with its methods. */
export interface Route {
  readonly path: string;
  readonly methods: readonly HttpMethod[];
  /** Of each method for itself. @default - what the routes share */
  readonly throttle?: Throttle;
}

/**
 * The one HTTP API of a stack: what is public comes in here. Its address is registered with the provider, so that
 * its parts keep their ids: they are made directly in the scope named `Webhook`, whatever comes in.
 */
export class HttpEntrance {
  readonly api: HttpApi;
  readonly #stage: HttpStage;

  constructor(scope: Construct, logRetention: RetentionDays) {
    this.api = new HttpApi(scope, 'Api', { createDefaultStage: false });
    this.#stage = new HttpStage(scope, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      // A throttled notification is lost, so there is much room.
      throttle: { rateLimit: 500, burstLimit: 1000 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(scope, 'AccessLog', {
            retention: logRetention,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: accessLogFormat,
      },
    });
  }

  /** Has a function answer at some routes; those with a throttle of their own take nothing from the others. */
  open({ lambda }: ServiceFunction, id: string, routes: readonly Route[]): void {
    // A permission for each route would cost a resource each, of the 500 that a stack may have.
    const scopePermissionToRoute = routes.length === 1;
    const integration = new HttpLambdaIntegration(id, lambda, { scopePermissionToRoute });
    for (const { path, methods, throttle } of routes) {
      const made = this.api.addRoutes({ path, methods: [...methods], integration });
      if (throttle === undefined) continue;
      const stage = this.#stage.node.defaultChild as CfnStage;
      const { rateLimit: ThrottlingRateLimit, burstLimit: ThrottlingBurstLimit } = throttle;
      const settings = { ThrottlingRateLimit, ThrottlingBurstLimit };
      const own = methods.map((method) => [`${method} ${path}`, settings]);
      stage.routeSettings = { ...stage.routeSettings, ...Object.fromEntries(own) };
      // A stage is refused the settings of a route that is not there yet.
      this.#stage.node.addDependency(...made);
    }
  }
}

/** Who, when and how it ended: no header and no query, which hold a signature, a code or a ticket. */
const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    ip: '$context.identity.sourceIp',
    route: '$context.routeKey',
    status: '$context.status',
    bytes: '$context.responseLength',
    failure: '$context.integrationErrorMessage',
  }),
);

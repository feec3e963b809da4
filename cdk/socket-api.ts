/** The WebSocket API: an authorizer before `$connect`, one function behind each route, throttles and an access log. */
import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccessLogFormat, CfnAccount } from 'aws-cdk-lib/aws-apigateway'
import { LogGroupLogDestination, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Functions } from './functions.ts'

const stageName = 'v1'

/** Neither headers nor the query string: both may carry a token. */
const accessLine = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    connectionId: '$context.connectionId',
    sourceIp: '$context.identity.sourceIp',
    eventType: '$context.eventType',
    routeKey: '$context.routeKey',
    status: '$context.status',
    error: '$context.integrationErrorMessage',
    time: '$context.requestTimeEpoch',
  }),
)

export class SocketApi extends Construct {
  readonly api: WebSocketApi
  readonly stage: WebSocketStage
  /** Where functions post to connections. */
  readonly connectionsEndpoint: string

  constructor(scope: Construct, id: string) {
    super(scope, id)
    const { stackName, region, urlSuffix } = Stack.of(this)
    this.api = new WebSocketApi(this, 'Api', {
      apiName: stackName,
      // Messages that name no route of their own, which is all of them, go to $default.
      routeSelectionExpression: '$request.body.action',
    })
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName,
      autoDeploy: true,
      throttle: { rateLimit: 500, burstLimit: 1_000 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: RetentionDays.THREE_MONTHS,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: accessLine,
      },
    })
    this.stage.node.addDependency(this.#permitLogging())
    // Not the stage's own attribute: the functions that routes lead to have this in their environment.
    this.connectionsEndpoint = `https://${this.api.apiId}.execute-api.${region}.${urlSuffix}/${stageName}`
  }

  route({ all }: Functions): void {
    const authorizer = new WebSocketLambdaAuthorizer('Authorizer', all.authorize, {
      identitySource: ['route.request.header.Authorization'],
    })
    const to = (id: string, name: keyof typeof all) => ({
      integration: new WebSocketLambdaIntegration(id, all[name]),
    })
    this.api.addRoute('$connect', { ...to('Connect', 'on-connect'), authorizer })
    this.api.addRoute('$disconnect', to('Disconnect', 'on-disconnect'))
    this.api.addRoute('$default', to('Message', 'on-message'))
  }

  /** API Gateway writes logs by one role for each account and region, which outlives this stack. */
  #permitLogging(): CfnAccount {
    const role = new Role(this, 'LoggingRole', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs'),
      ],
    })
    role.applyRemovalPolicy(RemovalPolicy.RETAIN)
    const account = new CfnAccount(this, 'Logging', { cloudWatchRoleArn: role.roleArn })
    account.applyRemovalPolicy(RemovalPolicy.RETAIN)
    return account
  }
}

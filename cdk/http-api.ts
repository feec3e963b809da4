/** The HTTP API: health for whoever asks, tickets for browsers, the first owner; what is asked is decided in the function. */
import { Stack, Validations } from 'aws-cdk-lib'
import { ApiMapping, HttpApi as GatewayApi, HttpMethod, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { accessLog } from './access-log.ts'
import type { Functions } from './functions.ts'
import type { Host } from './hosts.ts'

/** Browsers ask by OPTIONS first, and the function answers by its list of origins. */
const asked = [HttpMethod.POST, HttpMethod.OPTIONS]
const routes = [
  {
    path: '/health',
    methods: [HttpMethod.GET],
    why: 'It tells whether the product answers, and nothing else.',
  },
  { path: '/ticket', methods: asked, why: 'The function checks the bearer token itself.' },
  { path: '/first-owner', methods: asked, why: 'Who shows the one-time secret has no token yet.' },
]

interface HttpApiProps {
  readonly host: Host | undefined
  readonly retention: RetentionDays
}

export class HttpApi extends Construct {
  readonly api: GatewayApi
  /** Without a slash at the end. */
  readonly url: string

  constructor(scope: Construct, id: string, { host, retention }: HttpApiProps) {
    super(scope, id)
    const { stackName, region, urlSuffix } = Stack.of(this)
    this.api = new GatewayApi(this, 'Api', { apiName: `${stackName}-http`, createDefaultStage: false })
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 50, burstLimit: 100 },
      accessLogSettings: accessLog(this, retention, { path: '$context.path' }),
    })
    if (host !== undefined)
      new ApiMapping(this, 'Mapping', { api: this.api, domainName: host.domainName, stage })
    this.url =
      host === undefined
        ? `https://${this.api.apiId}.execute-api.${region}.${urlSuffix}`
        : `https://${host.name}`
  }
  route({ all }: Functions): void {
    const integration = new HttpLambdaIntegration('HttpApi', all['http-api'])
    for (const { path, methods, why } of routes) {
      for (const route of this.api.addRoutes({ path, methods: [...methods], integration })) {
        Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason: why })
      }
    }
  }
}

/** The names under which the product is reached: those that AWS gives, or subdomains of a domain of the owner's. */

import { CfnOutput } from 'aws-cdk-lib'
import { DomainName } from 'aws-cdk-lib/aws-apigatewayv2'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront'
import { ARecord, HostedZone, type IAliasRecordTarget, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { ApiGatewayv2DomainProperties, CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets'
import { Construct } from 'constructs'
import type { Options } from './options.ts'

export interface Host {
  readonly name: string
  readonly domainName: DomainName
}

export class Hosts extends Construct {
  readonly domain: string | undefined
  readonly socket: Host | undefined
  readonly http: Host | undefined
  readonly #hostedZoneId: string | undefined

  constructor(scope: Construct, id: string, { domain, certificateArn, hostedZoneId }: Options) {
    super(scope, id)
    this.domain = domain
    this.#hostedZoneId = hostedZoneId
    if (domain === undefined || certificateArn === undefined) return
    const certificate = Certificate.fromCertificateArn(this, 'Certificate', certificateArn)
    this.socket = this.#name('socket', domain, certificate)
    this.http = this.#name('api', domain, certificate)
  }

  #name(label: string, domain: string, certificate: ReturnType<typeof Certificate.fromCertificateArn>): Host {
    const domainName = `${label}.${domain}`
    const made = new DomainName(this, label, { domainName, certificate })
    const { regionalDomainName, regionalHostedZoneId } = made
    this.#point(
      domainName,
      new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId),
      regionalDomainName,
    )
    return { name: domainName, domainName: made }
  }

  /** The dashboard is at the domain itself. */
  pointAtDashboard(distribution: IDistribution): void {
    if (this.domain === undefined) return
    this.#point(this.domain, new CloudFrontTarget(distribution), distribution.distributionDomainName)
  }

  /** Where the zone is not ours to write, the output says which record to make. */
  #point(name: string, target: IAliasRecordTarget, host: string): void {
    const id = `Record-${name}`
    if (this.#hostedZoneId === undefined) {
      new CfnOutput(this, id.replace(/[^A-Za-z0-9]/g, ''), {
        value: `${name} CNAME ${host}`,
        description: 'Record to make',
      })
      return
    }
    const zone = HostedZone.fromHostedZoneAttributes(this, `Zone-${name}`, {
      hostedZoneId: this.#hostedZoneId,
      zoneName: this.domain ?? name,
    })
    new ARecord(this, id, { zone, recordName: `${name}.`, target: RecordTarget.fromAlias(target) })
  }
}

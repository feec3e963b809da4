/** The dashboard's pages: a bucket that only CloudFront reads, with headers that keep other sites out of them. */
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Options } from './options.ts'

interface DashboardSiteProps {
  readonly options: Options
  /** What the pages may talk to: the two APIs, and where people sign in. */
  readonly talksTo: readonly string[]
}

export class DashboardSite extends Construct {
  readonly bucket: Bucket
  readonly distribution: Distribution
  /** Without a slash at the end. */
  readonly url: string

  constructor(scope: Construct, id: string, props: DashboardSiteProps) {
    super(scope, id)
    this.bucket = new Bucket(this, 'Pages', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // Nothing in it but what every deployment puts there again.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.distribution = this.#distribution(props)
    const { domain } = props.options
    this.url = `https://${domain ?? this.distribution.distributionDomainName}`
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Only CloudFront reads the pages, which are public; there is nothing to find in a log of it.',
    })
  }

  #distribution({ options, talksTo }: DashboardSiteProps): Distribution {
    const { domain, dashboardCertificateArn } = options
    const own =
      domain === undefined || dashboardCertificateArn === undefined
        ? {}
        : {
            domainNames: [domain],
            certificate: Certificate.fromCertificateArn(this, 'Certificate', dashboardCertificateArn),
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          }
    const distribution = new Distribution(this, 'Distribution', {
      comment: `${Stack.of(this).stackName} dashboard`,
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      ...own,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.bucket),
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        compress: true,
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        responseHeadersPolicy: this.#headers(talksTo),
      },
    })
    Validations.of(distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'Where people of the owner work is not known here.' },
      { id: 'AwsSolutions-CFR2', reason: 'Static public pages; a firewall before them would guard nothing.' },
      {
        id: 'AwsSolutions-CFR3',
        reason: 'Static public pages; the APIs keep access logs of who did something.',
      },
    )
    // The certificate of AWS's own host name brings its own minimum, which cannot be raised.
    if (domain === undefined) {
      Validations.of(distribution).acknowledge({
        id: 'AwsSolutions-CFR4',
        reason:
          'With the context option domain it is TLS 1.2; the host name of CloudFront itself leaves no choice.',
      })
    }
    return distribution
  }

  #headers(talksTo: readonly string[]): ResponseHeadersPolicy {
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      ["connect-src 'self'", ...talksTo].join(' '),
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ]
    const override = true
    return new ResponseHeadersPolicy(this, 'Headers', {
      comment: 'iasql dashboard',
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: policy.join('; '), override },
        contentTypeOptions: { override },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(365),
          includeSubdomains: true,
          override,
        },
      },
      customHeadersBehavior: {
        customHeaders: [
          { header: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=()', override },
          { header: 'Cross-Origin-Opener-Policy', value: 'same-origin', override },
        ],
      },
    })
  }
}

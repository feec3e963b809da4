/** The status page as it is deployed: built and published as a deployment does, behind the headers of its CloudFront. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import { publishDashboard } from '#operations/platform/publish-dashboard.ts'
import { bundleDashboard } from '../../cdk/bundle.ts'
import { synthesize } from '../cdk/synthesis.ts'
import { listening } from '../support/listening.ts'

export interface SiteConfiguration {
  readonly socketUrl: string
  readonly httpUrl: string
  readonly issuer?: string
  readonly audience?: string
}

export interface Site {
  /** Without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

const domain = 'pages.example'
const issuer = `https://issuer.${domain}`

interface HeadersConfig {
  readonly SecurityHeadersConfig: {
    readonly ContentSecurityPolicy: { readonly ContentSecurityPolicy: string }
    readonly FrameOptions: { readonly FrameOption: string }
    readonly ReferrerPolicy: { readonly ReferrerPolicy: string }
  }
  readonly CustomHeadersConfig: {
    readonly Items: readonly { readonly Header: string; readonly Value: string }[]
  }
}

/** Of the template, under names of its own, in whose place those of a test are put. */
function deployedHeaders(): readonly (readonly [name: string, value: string])[] {
  const arn = (region: string) => `arn:aws:acm:${region}:123456789012:certificate/one`
  const { template, dispose } = synthesize({
    domain,
    certificateArn: arn('eu-west-1'),
    dashboardCertificateArn: arn('us-east-1'),
    oidcIssuer: issuer,
    oidcAudience: 'client',
  })
  dispose()
  const [policy] = Object.values(template.findResources('AWS::CloudFront::ResponseHeadersPolicy'))
  const config: HeadersConfig = policy?.Properties.ResponseHeadersPolicyConfig
  const { ContentSecurityPolicy, FrameOptions, ReferrerPolicy } = config.SecurityHeadersConfig
  return [
    ['Content-Security-Policy', ContentSecurityPolicy.ContentSecurityPolicy],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', FrameOptions.FrameOption],
    ['Referrer-Policy', ReferrerPolicy.ReferrerPolicy],
    ...config.CustomHeadersConfig.Items.map(({ Header, Value }) => [Header, Value] as const),
  ]
}

/** What a bucket would hold afterwards, by name. */
async function publish(
  configuration: SiteConfiguration,
): Promise<ReadonlyMap<string, Partial<PutObjectCommandInput>>> {
  const folder = mkdtempSync(join(tmpdir(), 'iasql-pages-'))
  const objects = new Map<string, Partial<PutObjectCommandInput>>()
  const send = async ({ input }: { readonly input: Partial<PutObjectCommandInput> }) =>
    void objects.set(`/${input.Key}`, input)
  try {
    bundleDashboard(folder)
    await publishDashboard({ send } as never, {
      folder,
      bucket: 'pages',
      configuration: { ...configuration },
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return objects
}

const headers = deployedHeaders()

export async function startSite(configuration: SiteConfiguration): Promise<Site> {
  const objects = await publish(configuration)
  const here = (value: string) =>
    value
      .replaceAll(issuer, configuration.issuer ?? '')
      .replaceAll(`https://api.${domain}`, configuration.httpUrl)
      .replaceAll(`wss://socket.${domain}`, configuration.socketUrl)
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    const object = objects.get(pathname === '/' ? '/index.html' : pathname)
    for (const [name, value] of headers) response.setHeader(name, here(value))
    response.statusCode = object ? 200 : 403
    response.setHeader('Content-Type', object?.ContentType ?? 'application/xml')
    response.setHeader('Cache-Control', object?.CacheControl ?? 'no-cache')
    response.end(object?.Body)
  })
  const { url, stop } = await listening(server)
  return {
    url,
    close: stop,
  }
}

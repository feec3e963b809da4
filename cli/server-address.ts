/** Which server to talk to, and as whom: flags, then the environment, then what a local server left in its data directory. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { type Invocation, textOption } from './command.ts'
import { UsageError } from './exit.ts'

export interface ServerAddress {
  readonly url: string
  readonly token: string | undefined
  readonly dataDirectory: string
  /** Alias of the tenant; undefined: the only one. */
  readonly tenant?: string | undefined
  /** Of the HTTP API, where it is not on the socket's host. */
  readonly httpUrl?: string | undefined
}

/** The data directory's token goes to this machine only, whatever the URL says. */
export function serverAddress(invocation: Invocation): ServerAddress {
  const { env } = invocation.terminal
  const dataDirectory = env.IASQL_DATA_DIR || '.iasql'
  const url = checkUrl(
    textOption(invocation, 'url') ??
      (env.IASQL_URL || announcedUrl(dataDirectory)) ??
      `ws://127.0.0.1:${env.IASQL_PORT || '8088'}/`,
  )
  const given = textOption(invocation, 'token') ?? (env.IASQL_TOKEN || undefined)
  const token = given ?? (isLoopback(url) ? fileText(join(dataDirectory, 'token'))?.trim() : undefined)
  return {
    url,
    token,
    dataDirectory,
    tenant: textOption(invocation, 'tenant') ?? (env.IASQL_TENANT || undefined),
    httpUrl: env.IASQL_HTTP_URL ? httpUrlOf(env.IASQL_HTTP_URL) : undefined,
  }
}

function checkUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !['ws:', 'wss:'].includes(url.protocol)) {
    throw new UsageError(`"${text}" is no URL of a server; give one like ws://127.0.0.1:8088/`)
  }
  return url.href
}

function httpUrlOf(text: string): string {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`"${text}" is no URL of an HTTP API; give one like https://api.example.com`)
  }
  return url.href.replace(/\/$/, '')
}

function announcedUrl(dataDirectory: string): string | undefined {
  try {
    const { url } = JSON.parse(fileText(join(dataDirectory, 'server.json')) ?? '{}')
    return typeof url === 'string' ? url : undefined
  } catch {
    return undefined
  }
}

function isLoopback(url: string): boolean {
  const host = new URL(url).hostname
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
}

function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** What functions ask of their account besides the database: it notes every call, and keeps secrets. */
import { createServer, type IncomingMessage } from 'node:http'
import type { Secrets } from '#postgres/secrets.ts'
import { listening } from '../support/listening.ts'

interface Call {
  readonly method: string
  readonly path: string
  readonly body: string
}

export interface Account {
  readonly endpoint: string
  readonly asked: readonly Call[]
  close(): Promise<void>
}

/** `logins`: where the database finds the passwords that functions make; `texts`: secrets that are there from the start. */
export async function startAccount(
  logins: Secrets,
  texts: Readonly<Record<string, string>>,
): Promise<Account> {
  const asked: Call[] = []
  const secrets = new Map(Object.entries(texts))
  const answers: Readonly<
    Record<string, (input: Readonly<Record<string, string>>) => Promise<object | undefined>>
  > = {
    GetSecretValue: async ({ SecretId = '' }) => {
      const SecretString = secrets.get(SecretId)
      return SecretString === undefined ? undefined : { SecretString }
    },
    CreateSecret: async ({ Name = '', SecretString = '' }) => {
      secrets.set(Name, SecretString)
      const { username, password } = JSON.parse(SecretString)
      await logins.put(Name, { user: username, password })
      return {}
    },
  }
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const [, operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.')
    if (operation === '') {
      asked.push({ method: request.method ?? '', path: request.url ?? '', body })
      response.end(request.url?.includes('list-type=2') ? listing : undefined)
      return
    }
    const answer = await answers[operation]?.(JSON.parse(body))
    if (answer === undefined) response.writeHead(400, { 'x-amzn-errortype': 'ResourceNotFoundException' })
    response.end(JSON.stringify(answer ?? {}))
  })
  server.keepAliveTimeout = 120_000
  const { url, stop } = await listening(server)
  return {
    endpoint: url,
    asked,
    close: stop,
  }
}

/** What S3 answers about a bucket with one page in it. */
const listing =
  '<ListBucketResult><Contents><Key>index.html</Key></Contents><KeyCount>1</KeyCount></ListBucketResult>'

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

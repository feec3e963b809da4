/** `iasql deploy` and `iasql destroy` as processes, in an account that does not allow them yet: what is in the way is told in words. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestMoto, type TestMoto } from '../support/moto.ts'

const entry = fileURLToPath(new URL('../../cli/iasql.js', import.meta.url))
const credentials = { AWS_ACCESS_KEY_ID: '123456789012', AWS_SECRET_ACCESS_KEY: 'test' }
/** Nobody is signed in, and no machine of AWS's says who we are. */
const nobody = {
  PATH: process.env.PATH,
  HOME: '/nowhere',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_REGION: 'eu-west-1',
}

let moto: TestMoto

beforeAll(async () => {
  moto = await startTestMoto()
})
afterAll(() => moto?.stop())

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const iasql = (words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> =>
  promisify(execFile)(process.execPath, [entry, ...words], { env }).then(
    (output) => ({ code: 0, ...output }),
    (error: Ended) => error,
  )
const inAccount = (): NodeJS.ProcessEnv => ({ ...nobody, ...credentials, AWS_ENDPOINT_URL: moto.endpoint })

/** What `npx cdk bootstrap` leaves behind, as far as anybody looks. */
const bootstrap = async (region: string): Promise<void> => {
  const client = new CloudFormationClient({
    region,
    endpoint: moto.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  const template = {
    Resources: { Queue: { Type: 'AWS::SQS::Queue' } },
    Outputs: { BootstrapVersion: { Value: '21' } },
  }
  await client.send(
    new CreateStackCommand({ StackName: 'CDKToolkit', TemplateBody: JSON.stringify(template) }),
  )
  client.destroy()
}

test.each([
  ['credentials', () => nobody, 'There are no AWS credentials that work', 'aws sso login'],
  [
    'a region',
    () => ({ ...inAccount(), AWS_REGION: undefined }),
    'No region is chosen.',
    'Give --region eu-west-1',
  ],
  [
    'a bootstrap',
    inAccount,
    'The CDK is not bootstrapped in account 123456789012, region eu-west-1.',
    'npx cdk bootstrap aws://123456789012/eu-west-1',
  ],
] as const)(
  'without %s nothing is deployed, and it says what to do',
  async (_, environment, what, advice) => {
    const { code, stdout, stderr } = await iasql(['deploy'], environment())

    expect(stderr).toContain(`iasql: ${what}`)
    expect(stderr).toContain(advice)
    expect(stderr).not.toMatch(/^ +at /m)
    expect([code, stdout]).toEqual([1, ''])
  },
)

test('what makes no sense is refused before anything is deployed, and nothing is destroyed that is not there', async () => {
  await bootstrap('eu-north-1')
  const there = { ...inAccount(), AWS_REGION: 'eu-north-1' }

  const deployed = await iasql(['deploy', 'domian=iasql.example.com'], there)
  const destroyed = await iasql(['destroy', '--yes'], there)
  const mistyped = await iasql(['destroy', 'iasql'], there)

  expect(deployed.stderr).toContain('there is no context option “domian”')
  expect(destroyed.stderr).toContain('Nothing is deployed in account 123456789012, region eu-north-1.')
  expect(mistyped.stderr).toContain('destroy takes no argument: iasql')
  expect([deployed.code, destroyed.code, mistyped.code]).toEqual([1, 1, 64])
})
